"""What a service left of formulas reads as the formulas do; the same letters in a sentence are words."""

import pytest

from digest.papers.latex import legible


@pytest.mark.parametrize(
    ("damaged", "tex"),
    [
        ("4.7times", r"$4.7\times$"),
        ("256times256 and 256 times 256", r"$256\times256$ and $256 \times 256$"),
        ("8timesRTX, times3.2 and Ntimes more", r"8$\times$RTX, $\times$3.2 and $N\times$ more"),
        ("1.2{sim}1.3times and 5{times}", r"$1.2{\sim}1.3\times$ and $5{\times}$"),
        (
            "sim700, sim1\\%, (sim5times), sim39K, approx20%.",
            r"$\sim$700, $\sim1\%$, ($\sim5\times$), $\sim39$K, $\approx$20%.",
        ),
        ("(leq2B), geq 0.9 and 0.2pm0.1", r"($\leq$2B), $\geq 0.9$ and $0.2\pm0.1$"),
        (
            "64.1 rightarrow 70.3, ARleftrightarrowEN, 0.117to0.598",
            r"64.1 $\rightarrow$ 70.3, AR$\leftrightarrow$EN, $0.117\to0.598$",
        ),
        ("pi_0, pi_0-FAST, phi_r, ell_1, z_{t}", r"$\pi_0$, $\pi_0$-FAST, $\phi_r$, $\ell_1$, $z_{t}$"),
        ("pi_theta, p_theta, L_infty", r"$\pi_\theta$, $p_\theta$, $L_\infty$"),
        (
            "theta_{GRPO}, v_{reason}, DA^{2}, 2^{128}",
            r"$\theta_{\text{GRPO}}$, $v_{\text{reason}}$, DA$^{2}$, $2^{128}$",
        ),
        ("360^circtimes180^circ and λ^star", r"360$^\circ\times$180$^\circ$ and $λ^\star$"),
        ("mathcal{O}(1/epsilon^4)", r"$\mathcal{O}(1/\epsilon^4)$"),
        ("tilde Omega(T^{1/3}) and tilde O(n)", r"$\tilde \Omega(T^{1/3})$ and $\tilde O(n)$"),
        (
            "sqrt{T} and R^{d times k} and n times n",
            r"$\sqrt{T}$ and $\mathbb{R}^{d \times k}$ and $n \times n$".replace(r"\mathbb{R}", "R"),
        ),
        ("(epsilon=8{255}) and 1{2}", r"($\epsilon=\frac{8}{255}$) and $\frac{1}{2}$"),
        ("text{response length}{3}", r"$\frac{\text{response length}}{3}$"),
        ("textit{O}bstacles and {bf MASK}", r"\textit{O}bstacles and ${\bf MASK}$"),
        ("x!in!{4,8}, 0.28!-!0.61", r"$x\!\in\!\{4,8\}$, $0.28\!-\!0.61$"),
        ("langlequery, answerrangle", r"$\langle$query, answer$\rangle$"),
        ("componentsx2013such", r"components$\unicode{x2013}$such"),
        ("eta/lambdacdot d^{0.75}", r"$\eta/\lambda\cdot d^{0.75}$"),
        ("1/epsilon^4 to an epsilon-stationary point", r"$1/\epsilon^4$ to an $\epsilon$-stationary point"),
        ("2times the approx 18% at 3times", r"$2\times$ the $\approx 18\%$ at $3\times$"),
        ("\\color{ddtD}ecoupled (\\color{ddtDDT})", r"\textbf{\color{ddt}D}ecoupled (\textbf{\color{ddt}DDT})"),
        ("https://a.example.org/x_1{here}.", r"\href{https://a.example.org/x_1}{here}."),
        ("https://a.example.org/x/{a.example.org/x}.", r"\href{https://a.example.org/x/}{a.example.org/x}."),
        ("a.example.com/x{Open}.", r"\href{a.example.com/x}{Open}."),
        ("this fieldhttps://a.example.org/x.", r"this field\footnote{https://a.example.org/x}."),
    ],
)
def test_damaged_and_whole_read_the_same(damaged, tex):
    assert legible(damaged) == legible(tex)
    assert not set("\\$") & set(legible(damaged))


@pytest.mark.parametrize(
    ("damaged", "expected"),
    [
        ("8{255}", "8/255"),
        ("tilde Omega(n)", "Ω̃(n)"),
        ("this fieldhttps://a.example.org/x.", "this field (https://a.example.org/x)."),
        ("https://a.example.org/x{this page}", "this page (https://a.example.org/x)"),
        ("R^{H times W times 3}", "Rᴴˣᵂˣ³"),
        ("2times (lambda=1, gamma)", "2× (λ=1, γ)"),
    ],
)
def test_what_it_reads(damaged, expected):
    assert legible(damaged) == expected


@pytest.mark.parametrize(
    "text",
    [
        "300 times. 50timesteps and 50timestamps; times up; sometimes2; N times faster",
        "[0-9]{4}, \\d{3}".replace("\\d", "d"),
        "a{2} and x{y} and abc8{255}",
        "sim2real, sim2sim and sim-to-real; approx 18% with no trace",
        "3to1, image2to3, 5pm",
        "alpha=0.5 and (tau) with no trace, alpha_beta_gamma, my_alpha_1_x",
        "set-to-set with {to} in braces".replace("{to}", "to"),
        "mathematical text, barred, hats; tilde is a sign",
        "wow! in! {this}",
        "x20132 and 2013x2014",
        "narrowly, triangle, wranglers, rectangles",
    ],
)
def test_words_stay_words(text):
    assert legible(text) == text


def test_macros_that_are_whole_are_no_damage():
    assert legible(r"set-\underline{to}-\underline{s}et \text{sim} \emph{times}") == "set-to-set sim times"


def test_without_a_certain_trace_greek_words_are_words():
    assert legible("an epsilon-greedy policy with tau/2") == "an epsilon-greedy policy with tau/2"
    assert legible("at 2times with tau/2") == "at 2× with τ/2"
    assert legible("see https://example.org/2times with tau/2") == "see https://example.org/2times with tau/2"
