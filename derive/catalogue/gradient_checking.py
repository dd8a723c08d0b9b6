"""Differences in place of derivatives: their errors, the best steps, kinks, complex steps."""

from fractions import Fraction

from derive.derivation import D, chain, define, derivation, differentiation, witness
from derive.spaces import Nonnegative, Positive, Real
from derive.terms.arrays import Array
from derive.terms.functions import relu, sqrt
from derive.terms.nodes import Fn
from derive.terms.tensors import Function

f = Function("f")
DIFFERENCES = "differences of any function; numerics has them in finite_differences"


def of(function, x):
    """An opaque smooth function of a scalar."""
    return Array((), Fn(function, (x.body,)))


def slope(x, order):
    """A derivative of the function at a point."""
    function = f
    for _ in range(order):
        function = function.derivative(0)
    return of(function, x)


# --------------------------------------------------------------------------------------------
# Orders


@derivation(symbolic_only=DIFFERENCES)
def forward_difference_error(x: Real, h: Real):
    """The forward difference has an error of the order of the step: half of h f'' to begin with.

    What f(x + h) is above its tangent starts with h^2: its first derivative in h vanishes at
    h = 0, and its second one is f'' there.
    """
    u = define("u", x + h)
    gap = of(f, x + h) - of(f, x) - h * slope(x, 1)
    return {
        "first": chain(D(gap, h)).eq(slope(u, 1) - slope(x, 1), by=[differentiation, u]),
        "second": chain(D(D(gap, h), h)).eq(slope(u, 2), by=[differentiation, u]),
    }


@derivation(symbolic_only=DIFFERENCES)
def centred_difference_error(x: Real, h: Real):
    """The centred difference has an error of the order of the squared step, h^2 f''' / 6.

    What f(x + h) - f(x - h) is above 2 h f' is odd in h, so all its even derivatives vanish at
    h = 0, and the first one does; the third one is 2 f''' there.
    """
    u, v = define("u", x + h), define("v", x - h)

    def gap(h):
        return of(f, x + h) - of(f, x - h) - 2 * h * slope(x, 1)

    return {
        "odd": chain(gap(-h)).eq(-gap(h)),
        "first": chain(D(gap(h), h)).eq(
            slope(u, 1) + slope(v, 1) - 2 * slope(x, 1), by=[differentiation, u, v]
        ),
        "third": chain(D(D(D(gap(h), h), h), h)).eq(
            slope(u, 3) + slope(v, 3), by=[differentiation, u, v]
        ),
    }


def cubic(t, a, b, c, d):
    """A polynomial of degree three."""
    return a + b * t + c * t**2 + d * t**3


@derivation(symbolic_only=DIFFERENCES)
def differences_of_cubics(x: Real, h: Real, a: Real, b: Real, c: Real, d: Real):
    """For polynomials up to degree three the errors are just their leading terms.

    A smooth function differs from its Taylor polynomial by terms of a higher order.
    """
    g = cubic(x, a, b, c, d)
    first, second, third = D(g, x), D(D(g, x), x), D(D(D(g, x), x), x)

    def at(t):
        return cubic(t, a, b, c, d)

    return {
        "forward": (
            chain((at(x + h) - g) / h).eq(
                first + h / 2 * second + h**2 / 6 * third, by=differentiation
            )
        ),
        "centred": (
            chain((at(x + h) - at(x - h)) / (2 * h)).eq(
                first + h**2 / 6 * third, by=differentiation
            )
        ),
    }


@derivation(symbolic_only=DIFFERENCES)
def complex_step(x: Real, h: Real, a: Real, b: Real, c: Real, d: Real):
    """The complex step takes the derivative from an imaginary part, and subtracts nothing.

    The real and imaginary parts r and s of the square and the cube of x + i h follow from the
    product of complex numbers. For polynomials up to degree three the error is the centred
    difference's with the other sign, and h may be as small as numbers are.
    """
    r = define("r", x * x - h * h)
    s = define("s", x * h + h * x)
    imaginary = b * h + c * s + d * (r * h + s * x)
    g = cubic(x, a, b, c, d)
    return chain(imaginary / h).eq(
        D(g, x) - h**2 / 6 * D(D(D(g, x), x), x), by=[differentiation, r, s]
    )


# --------------------------------------------------------------------------------------------
# Steps


@derivation
def forward_difference_step(M: Positive, epsilon: Positive):
    """The best step of a forward difference is twice the root of epsilon over M.

    Where |f''| is at most M and values are off by at most epsilon.
    """
    return chain(2 * sqrt(epsilon / M)).eq(sqrt(4 * epsilon / M))


@derivation(symbolic_only="a property of forward_difference_step, which is computed there")
def forward_difference_bound(M: Positive, epsilon: Positive, h: Positive):
    """No step gives a forward difference a smaller error bound than the best one.

    Truncation costs M h / 2, and rounding 2 epsilon / h.
    """
    best = define("s", 2 * sqrt(epsilon / M))
    gap = (sqrt(M * h / 2) - sqrt(2 * epsilon / h)) ** 2
    return (
        chain(M * best / 2 + 2 * epsilon / best)
        .eq(2 * sqrt(M * epsilon), by=best)
        .le(M * h / 2 + 2 * epsilon / h, by=witness(gap))
    )


@derivation
def centred_difference_step(M: Positive, epsilon: Positive):
    """The best step of a centred difference is the cube root of three times epsilon over M.

    Where |f'''| is at most M and values are off by at most epsilon. It is larger than
    that of a forward difference, and the error smaller.
    """
    return chain((3 * epsilon / M) ** Fraction(1, 3)).eq(
        3 ** Array.of(Fraction(1, 3)) * epsilon ** Fraction(1, 3) / M ** Fraction(1, 3)
    )


@derivation(symbolic_only="a property of centred_difference_step, which is computed there")
def centred_difference_bound(M: Positive, best: Positive, u: Positive):
    """No step gives a centred difference a smaller error bound than the best one.

    Truncation costs M h^2 / 6, and rounding epsilon / h; another step is u times the best one.
    """
    epsilon = define("epsilon", M * best**3 / 3)
    h = define("h", u * best)
    gap = M * best**2 / 6 * (u - 1) ** 2 * (u + 2) / u
    return chain(M * best**2 / 6 + epsilon / best).le(
        M * h**2 / 6 + epsilon / h, by=[epsilon, h, witness(gap)]
    )


# --------------------------------------------------------------------------------------------
# Kinks


@derivation(symbolic_only=DIFFERENCES)
def difference_across_kink(h: Positive, a: Nonnegative, b: Positive):
    """Across the kink of a rectifier a centred difference is neither of its two slopes.

    At the kink itself it is a half for every step. At a distance from the kink that is smaller
    than the step, to the right of it by a with the step s = a + b, it is a half and more.
    """
    step = define("s", a + b)
    return {
        "at the kink": chain((relu(h) - relu(-h)) / (2 * h)).eq(0.5),
        "near it": (
            chain((relu(a + step) - relu(a - step)) / (2 * step)).eq(
                (2 * a + b) / (2 * (a + b)), by=step
            )
        ),
    }
