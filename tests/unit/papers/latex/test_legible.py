"""TeX as authors write it comes out as people read it, and what is no TeX stays as it is."""

import pytest

from digest.papers.latex import legible


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"$x$-axis, $f(x)$ and $N=16$", "x-axis, f(x) and N=16"),
        (r"\(x_1\) and \[y^2\] and $$z_3$$", "x₁ and y² and z₃"),
        (r"$A$$^{2}$Search", "A²Search"),
        (r"$\texttt{M$^3$Bench}$", "M³Bench"),
        (r"$ n $ items", "n items"),
        (r"$O(n\log n)$ and $\log^2 n$ and $2\log\log n$", "O(n log n) and log² n and 2 log log n"),
        (r"$a \leq b \pm \infty$", "a ≤ b ± ∞"),
        (r"$\{x \mid x > 0\}$ and $\|x\|_2$", "{x | x > 0} and ‖x‖₂"),
        (r"$\langle a, b\rangle$", "⟨a, b⟩"),
        (r"$\left(\frac{a}{b}\right)^2$ and $\left.x\right|_{t=0}$", "(a/b)² and x|ₜ₌₀"),
        (r"$\Delta W$ of $20\mu m$ at $\nabla u$", "ΔW of 20μm at ∇u"),
        (r"$a \not= b$ and $x \notin S$", "a ≠ b and x ∉ S"),
        (r"${\sim}750$, $\sim 20\%$ and $1.2{\sim}1.3\times$", "∼750, ∼20% and 1.2∼1.3×"),
        (r"$256 \times 256$, $64\times 64$, $0.1\pm 0.2$, $8\times$ faster", "256 × 256, 64×64, 0.1±0.2, 8× faster"),
        (r"$N\times N$, $k\leq 2$, $x \sim D$, ($\sim 5$), $a \in A$", "N×N, k≤2, x ∼ D, (∼5), a ∈ A"),
        (r"$ (2s - 1) $ and $ x + 1 $", "(2s - 1) and x + 1"),
        (r"$\mathbf{really\ crucial}$ and $a\,b\;c\!d$", "really crucial and a b cd"),
        (r"$1{,}024$ and $R^2{=}0.86$", "1,024 and R²=0.86"),
        (r"360$^\circ\times$180$^\circ$ and 45{\deg} and 0.1\textdegree", "360°×180° and 45° and 0.1°"),
    ],
)
def test_formulas(text, expected):
    assert legible(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"$\mathcal{O}(n)$, $\mathcal L$, $\mathscr{B}$", "𝒪(n), ℒ, ℬ"),
        (r"$\mathbb{R}^{d\times k}$, $\mathbb E$, $\mathbb{1}$", "ℝᵈˣᵏ, 𝔼, 𝟙"),
        (r"$\mathfrak{g}$ and $\mathfrak{C}$", "𝔤 and ℭ"),
        (r"$\mathrm{Cal}$ $\mathbf{W}$ $\mathsf{x}$ $\text{AP}_{50}$ $\operatorname{rank}(A)$", "Cal W x AP₅₀ rank(A)"),
        (r"$\hat{x}$, $\bar x$, $\tilde{O}(n)$, $\hat{\theta}_n$", "x̂, x̄, Õ(n), θ̂ₙ"),
        (r"$\tilde{\mathcal{O}}(1)$ and $\overline{AB}$", "𝒪\u0303(1) and AB"),
        (r"$\sqrt{T}$, $\sqrt{a+b}$, $\sqrt[3]{x}$", "√T, √(a+b), ∛x"),
        (r"$\frac{8}{255}$, $\frac{a+b}{c}$, $\frac12$, $2\frac{1}{3}x$", "8/255, (a+b)/c, 1/2, 2 1/3 x"),
        (r"$\binom{n}{k}$", "C(n, k)"),
        (r"$\epsilon$ and $\varepsilon$, $\phi$ and $\varphi$", "ε and ε, φ and φ"),
    ],
)
def test_letters_and_what_stands_on_them(text, expected):
    assert legible(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$x_{t+1}$ and $10^{-3}$ and $10^-3$ and $x_12$", "xₜ₊₁ and 10⁻³ and 10⁻³ and x₁₂"),
        (r"$\mathcal{L}_{CE}$, $x^{ABC}$, $x_{B}$, $\pi_{0.5}$", "ℒ_(CE), x^(ABC), x_(B), π_(0.5)"),
        (r"$e^{-x^2/2}$ and $(1-t)^{-2/\alpha}$ and $e^{x_{AB}}$", "e^(-x²/2) and (1-t)^(-2/α) and e^(x_(AB))"),
        (r"$mAP^{\text{test}}_{50}$, $A_i^j$, $3^{\text{rd}}$", "mAPᵗᵉˢᵗ₅₀, Aᵢʲ, 3ʳᵈ"),
        (r"$2^{\log ^{1-\epsilon} n}$, 2^O(n) and n^o(1)", "2^(log^(1-ε) n), 2^O(n) and n^o(1)"),
        (r"$\Theta'_\text{base}$, E^n_q and $\bW_q$", "Θ'_(base), Eⁿ_(q) and W_(q)"),
        (r"$x^*$, $f^\prime$, $\lambda^\star$, $x^{\dagger}$", "x*, f′, λ⋆, x†"),
        (r"[$^{18}$F]FDG and 5$^i$ and A\textsuperscript{2}FM", "[¹⁸F]FDG and 5ⁱ and A²FM"),
        (r"$\sum_{i=1}^{N} x_i$ and $\max_{\theta} f$", "∑ᵢ₌₁ᴺ xᵢ and max_(θ) f"),
        (
            "H_2O, CO_2, F_1, L_2, O(n^2), R^2-like, Pass^k, x_1,...,x_n",
            "H₂O, CO₂, F₁, L₂, O(n²), R²-like, Passᵏ, x₁,...,xₙ",
        ),
        ("AP^{50} and AUC_{max} and DA^{2}'s", "AP⁵⁰ and AUCₘₐₓ and DA²'s"),
        (r"$^{AC}$ alone and x $_{AB}$", "AC alone and x AB"),
        (r"$x_{[0,1)}$", "x[0,1)"),  # brackets that don't match can't be written as a script
        ("$x^{}$ and $x_ {a}$", "x and xₐ"),
    ],
)
def test_scripts(text, expected):
    assert legible(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\textbf{We} \emph{do} \texttt{x} \textsc{Y} \underline{Z} \textbf {W}", "We do x Y Z W"),
        (r"{\bf Bold}, {\em all} and \it{equal} and {\color{blue}text}", "Bold, all and equal and text"),
        (r"\textbf{\textsc{Deep}} and \textbf{D}eep \textbf{\color{red}D}eep", "Deep and Deep Deep"),
        (r"\textcolor{red}{Warning}: \colorbox{blue}{x}", "Warning: x"),
        (r"33.5\% of Q\&A, \#1, name\_id, \{3, 8\}B, \$5", "33.5% of Q&A, #1, name_id, {3, 8}B, $5"),
        (r"a\\b\newline c~d e.g.\ f pre\-fix", "a b c d e.g. f prefix"),
        (r"\begin{itemize}\item One \item Two\end{itemize} end", "• One • Two end"),
        (r"\begin{itemize}[leftmargin=*] \item One \end{itemize}", "• One"),
        (r"components$\unicode{x2014}$such \ding{51} \ding{182} \textemdash", "components—such ✓ ❶ —"),
        (r"\eg, \ie, and \LaTeX{} \textgreater 5", "e.g., i.e., and LaTeX > 5"),
        (r"\emph{Read--Write}, \textbf{A -- B}, \emph{a---b}; c -- d, e--f", "Read–Write, A – B, a—b; c -- d, e--f"),
        (r"\texttt{--help} and \texttt{[MASK]}", "--help and [MASK]"),
        (r"0.18 {\mu}m, {\Delta}FosB, \alpha-stable, O(n\log n)", "0.18 μm, ΔFosB, α-stable, O(n log n)"),
        (r"{T}itle of a {GPU}s {A}daptive", "Title of a GPUs Adaptive"),
        (
            r"na\"{\i}ve Fr\'echet Erd\H{o}s {\o}re fa\c{c}ade \v{s} \AA ngstr\"om",
            "naïve Fréchet Erdős øre façade š Ångström",
        ),
        (r"it\'s \"quoted\" GPT\'s", "it's \"quoted\" GPT's"),
        (r"\replaced{new}{old}text\deleted{ gone}", "newtext"),
    ],
)
def test_macros_in_text(text, expected):
    assert legible(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\ours~is, \name{} was, {\name}, \method, \DeAR's", "ours is, name was, name, method, DeAR's"),
        (r"\highlight{kept} \unknown{kept too} \foo{a}{b}", "kept kept too a b"),
        (r"\faGithub code", "code"),
        (r"\1 million", "$1 million"),  # what Hugging Face leaves of \$1
        ("a \\ b \\", "a b"),
    ],
)
def test_macros_that_nobody_knows_leave_their_words(text, expected):
    assert legible(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\href{https://a.example.org/x_y}{here}.", "here (https://a.example.org/x_y)."),
        (r"\href{https://a.example.org/x}{https://a.example.org/x}.", "https://a.example.org/x."),
        (r"\href{https://a.example.org/x/}{\texttt{a.example.org/x}}", "https://a.example.org/x/"),
        (r"\href{https://a.example.org/x} {code}", "code (https://a.example.org/x)"),
        (r"\href{https://a.example.org/a\_b\%20c} only", "https://a.example.org/a_b%20c only"),
        (r"\url{https://a.example.org/a\_b~c}.", "https://a.example.org/a_b~c."),
        (r"see\url{https://a.example.org/}", "see https://a.example.org/"),
        (r"the code\footnote{https://a.example.org/x_1.}.", "the code (https://a.example.org/x_1)."),
        (r"done.\footnote{Code is \textbf{here}.} Next", "done. (Code is here) Next"),
        (r"data\footnotemark[1] and text~\footnote{} and more", "data and text and more"),
        (r"word\footnote{cut of", "word cut of"),
        (r"Smith et al.~\cite{x}. Next", "Smith et al. Next"),
        (r"shown~\cite{a,b} by \citet[p.~3]{x}, Section~\ref{s}.", "shown by, Section."),
    ],
)
def test_links_and_notes_are_kept_apart(text, expected):
    assert legible(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("``x'' and ``an odd one''", "“x” and “an odd one”"),
        ('``mixed" quotes', "“mixed” quotes"),
        ("`single' and `it's fine' here", "‘single’ and ‘it's fine’ here"),
        (r"``\emph{x}''", "“x”"),
        ("models~(LLMs) and Fig.~1 and 8~GB", "models (LLMs) and Fig. 1 and 8 GB"),
        ("~50%, of ~50%, +~3%, 4~8, 1%~5%, 1M~60M, (~5", "~50%, of ~50%, +~3%, 4~8, 1%~5%, 1M~60M, (~5"),
    ],
)
def test_quotes_and_ties(text, expected):
    assert legible(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "training and test times. It ran 300 times. sometimes 3 times faster, 5 times.",
        "a {snowy} photo of {animal} and {0, 1}",
        "50% of C# and F#, A&B, 100%",
        "file_names_like_this, snake_case, __init__, a_b_c, v1.5_7, UMedPT_LR, x_max, @x_y",
        "It costs $5 and $10, $5-$20, $5/$10, US$3.5M vs. $100k; $1 million and $2.",
        "between $48-$74 a voter and $100",
        "`code`, ```block```, it's, rock 'n' roll, the authors' own, 5'11\", ''odd''",
        "seq2seq, sim2real, text2image, 3to1, one-to-one, times-series, approx. 5, at 5 pm 30",
        "https://example.org/a_b/~c?x=1&y={z} and github.com/a_b/c_1",
        "alpha blending, the beta version, Phi-3, gamma correction, Kendall's tau 0.9, (sigma=0.1), (beta)",
        "pi, an epsilon-greedy policy, tilde expansion, a hat and a bar",
        "^_^ and a ^ b and [^1] and x ^2",
        "narrow arrows, quadrangle, similar 10, pm, 2001: x20, simple!",
        "ℒ_(CE), x^(ABC), 10⁻³, 𝒪(n)",
    ],
)
def test_what_is_no_tex_stays(text):
    assert legible(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("unbalanced $x and more", "unbalanced $x and more"),
        (r"a { b \textbf{c", "a b c"),
        (r"a } b \emph{c}", "a b c"),
        ("a { b } } c {", "a { b } } c {"),
        (r"$x_1$ costs $5. It is \$5 and \$10 for $n$ items", "x₁ costs $5. It is $5 and $10 for n items"),
        (r"costs $100 for \textbf{x}, while y costs $200", "costs $100 for x, while y costs $200"),
        (r"costs $100 for \textbf{x}, $200 more", "costs $100 for x, $200 more"),
        (r"$\frac{1$ and \sqrt", "1 and √"),
        (r"\( x", "x"),
        ("$", "$"),
        ("\\", ""),
    ],
)
def test_what_is_broken_costs_only_itself(text, expected):
    assert legible(text) == expected
