"""The steps of optimisers against PyTorch's over several steps: the parameters and the memory."""

import numpy as np
import pytest
from beside_torch import COMPARED, agree, cases, draw, torch

import numerics

pytestmark = COMPARED
STEPS = 5


def followed(optimiser, names, **options):
    """The parameters and the named memories after each step of an optimiser of PyTorch."""
    start, gradients = draw((3, 4), (STEPS, 3, 4))
    gradients[2:, 0, 0] = 0
    w = torch.tensor(start, requires_grad=True)
    steps = optimiser([w], **options)
    for g in gradients:
        w.grad = torch.tensor(g)
        steps.step()
        yield g, (w, *(steps.state[w][name] for name in names))


def hold(step, memory, course):
    """Hold each step, which is told its number, to what it should lead to."""
    state = (draw((3, 4), (STEPS, 3, 4))[0], *(np.zeros((3, 4)) for _ in range(memory)))
    for t, (g, wanted) in enumerate(course, start=1):
        state = step(t, state, g)
        for got, right in zip(state, wanted, strict=True):
            agree(got, right)


@cases(eta=(0.1, 2.0))
def test_gradient_descent(keywords):
    course = followed(torch.optim.SGD, (), lr=keywords["eta"])
    hold(lambda t, state, g: (numerics.gradient_descent_step(*state, g, **keywords),), 0, course)


@cases(eta=(0.1, 2.0))
def test_steps_of_a_minibatch(keywords):
    G, w = draw((6, 4), (4,))
    parameter = torch.tensor(w, requires_grad=True)
    (parameter @ torch.tensor(G).T).mean().backward()
    torch.optim.SGD([parameter], lr=keywords["eta"]).step()
    agree(numerics.minibatch_step(w, G, **keywords), parameter)


@cases(eta=(0.1, 2.0), lambda_=(0.0, 0.3))
def test_weight_decay(keywords):
    course = followed(torch.optim.SGD, (), lr=keywords["eta"], weight_decay=keywords["lambda_"])
    hold(lambda t, state, g: (numerics.weight_decay_step(*state, g, **keywords),), 0, course)


@pytest.mark.parametrize("nesterov", [False, True])
@cases(eta=(0.1, 2.0), alpha=(0.5, 0.9))
def test_momentum(nesterov, keywords):
    step = numerics.nesterov_step if nesterov else numerics.momentum_step
    options = {"lr": keywords["eta"], "momentum": keywords["alpha"], "nesterov": nesterov}
    course = followed(torch.optim.SGD, ("momentum_buffer",), **options)
    hold(lambda t, state, g: step(*state, g, **keywords), 1, course)


@cases(eta=(0.01, 0.5), epsilon=(1e-10, 0.1))
def test_adagrad(keywords):
    options = {"lr": keywords["eta"], "eps": keywords["epsilon"]}
    course = followed(torch.optim.Adagrad, ("sum",), **options)
    hold(lambda t, state, g: numerics.adagrad_step(*state, g, **keywords), 1, course)


@cases(eta=(0.01, 0.5), alpha=(0.99, 0.6), epsilon=(1e-8, 0.1))
def test_rmsprop(keywords):
    options = {"lr": keywords["eta"], "alpha": keywords["alpha"], "eps": keywords["epsilon"]}
    course = followed(torch.optim.RMSprop, ("square_avg",), **options)
    hold(lambda t, state, g: numerics.rmsprop_step(*state, g, **keywords), 1, course)


@cases(eta=(1e-3, 0.5), beta_1=(0.9, 0.5), beta_2=(0.999, 0.7), epsilon=(1e-8, 0.1))
def test_adam(keywords):
    betas = (keywords["beta_1"], keywords["beta_2"])
    options = {"lr": keywords["eta"], "betas": betas, "eps": keywords["epsilon"]}
    course = followed(torch.optim.Adam, ("exp_avg", "exp_avg_sq"), **options)
    hold(lambda t, state, g: numerics.adam_step(*state, g, t=t, **keywords), 2, course)


DEFAULTS = {
    "adagrad_step": (torch.optim.Adagrad, {"eta": "lr", "epsilon": "eps"}),
    "rmsprop_step": (torch.optim.RMSprop, {"eta": "lr", "alpha": "alpha", "epsilon": "eps"}),
    "adam_step": (torch.optim.Adam, {"eta": "lr", "epsilon": "eps"}),
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults_are_those_of_pytorch(name):
    optimiser, names = DEFAULTS[name]
    theirs = optimiser([torch.zeros(1)]).defaults
    ours = getattr(numerics, name).__kwdefaults__
    assert {own: ours[own] for own in names} == {own: theirs[name] for own, name in names.items()}
    if name == "adam_step":
        assert (ours["beta_1"], ours["beta_2"]) == theirs["betas"]
