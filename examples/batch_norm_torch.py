"""The same mistake as in batch_norm_unbiased.py, as a function of PyTorch's autograd.

python examples/batch_norm_torch.py                   gradcheck: True
derive check examples/batch_norm_torch.py:BatchNorm --as batch_norm
"""

import torch


class BatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, gamma, beta, eps=1e-5):
        centred = x - x.mean(dim=0)
        variance = (centred**2).sum(dim=0) / (len(x) - 1)
        sigma = torch.sqrt(variance + eps)
        x_hat = centred / sigma
        ctx.save_for_backward(x_hat, sigma, gamma)
        return gamma * x_hat + beta

    @staticmethod
    def backward(ctx, dout):
        x_hat, sigma, gamma = ctx.saved_tensors
        dx_hat = dout * gamma
        along = (dx_hat * x_hat).sum(dim=0) / (len(dout) - 1)
        dx = (dx_hat - dx_hat.mean(dim=0) - x_hat * along) / sigma
        return dx, (dout * x_hat).sum(dim=0), dout.sum(dim=0), None


def gradcheck() -> bool:
    """Whether PyTorch's own check accepts the backward pass."""
    torch.manual_seed(0)
    x = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    gamma, beta = (torch.randn(3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    return torch.autograd.gradcheck(BatchNorm.apply, (x, gamma, beta))


if __name__ == "__main__":
    print("gradcheck:", gradcheck())
