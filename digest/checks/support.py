"""What mail programs don't support of HTML and CSS, as far as a theme may come to use it.

Facts after caniemail.com (MIT), as it stood on 9 September 2025, written down anew and cut down: the four families most
mail is read in. What a family's web and phone programs differ in counts as missing. Add a line when a theme uses what
isn't here; take `harmless` for what costs a reader nothing where it is missing, and say why.
"""

from dataclasses import dataclass
from typing import Literal

Where = Literal["property", "at-rule", "selector", "element"]

GMAIL, OUTLOOK, OUTLOOK_COM, APPLE, YAHOO = "Gmail", "Outlook for Windows", "Outlook.com", "Apple Mail", "Yahoo"
_ALL = (GMAIL, OUTLOOK, OUTLOOK_COM, APPLE, YAHOO)
_NOT_APPLE = (GMAIL, OUTLOOK, OUTLOOK_COM, YAHOO)
_THREE = (GMAIL, OUTLOOK, YAHOO)

STYLE_LIMIT = 8_192
"""Characters of a `<style>` element of which Gmail drops the whole element."""


@dataclass(frozen=True, slots=True)
class Feature:
    """Something that is not shown everywhere.

    `pattern` is matched (re.search) against "name:value" of a declaration in a style attribute or outside of any
    @media, against the head of an at-rule, a selector, or "tag" and "tag[attribute]" of an element. `elements` names
    those to which it is confined (properties of style attributes only). `harmless` says why nobody misses it, and
    then it isn't told.
    """

    where: Where
    pattern: str
    name: str
    missing: tuple[str, ...]
    harmless: str = ""
    elements: frozenset[str] = frozenset()


_TEXT_BLOCKS = frozenset({"a", "div", "p", "span", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li"})

LAYOUT = (
    Feature("property", r"^display:(inline-)?flex", "display: flex", (OUTLOOK,)),
    Feature("property", r"^display:(inline-)?grid", "display: grid", _THREE),
    Feature("property", r"^(align|justify|place)-(items|content|self):", "alignment in flex and grid", _THREE),
    Feature("property", r"^grid(-|:)", "grid properties", _NOT_APPLE),
    Feature("property", r"^((row|column)-)?gap:", "gap", (OUTLOOK, OUTLOOK_COM, YAHOO)),
    Feature("property", r"^flex-(direction|wrap|flow)", "flex-direction and flex-wrap", _THREE),
    Feature("property", r"^position:(absolute|relative|fixed|sticky)", "position", _THREE),
    Feature("property", r"^(top|left|right|bottom|inset|z-index):", "offsets and z-index", _THREE),
    Feature("property", r"^float:(left|right)", "float", (OUTLOOK,)),
    Feature("property", r"^column(s|-count|-width):", "text columns", (OUTLOOK, YAHOO)),
    Feature("property", r"^table-layout:fixed", "table-layout: fixed", (OUTLOOK,)),
    Feature("property", r"^box-sizing:", "box-sizing", (OUTLOOK, YAHOO)),
    Feature("property", r"^(min|max)-height:[^;]*[1-9]", "min-height and max-height", (OUTLOOK,)),
    Feature(
        "property",
        r"^min-width:[^;]*[1-9]",
        "min-width",
        (OUTLOOK,),
        harmless="it is as wide as what is in it",
    ),
    Feature(
        "property",
        r"^max-width:",
        "max-width outside of tables",
        (OUTLOOK,),
        harmless="MJML gives Outlook tables of that width, and pictures have a width of their own",
    ),
    Feature("property", r"^overflow(-[xy])?:(hidden|auto|scroll)", "overflow", _THREE),
    Feature("property", r"^margin(-\w+)?:([^;]*\s)?-[.\d]*[1-9]", "negative margins", _NOT_APPLE),
    Feature(
        "property",
        r"^margin(-(left|right))?:[^;]*\bauto",
        "margin: auto",
        (OUTLOOK,),
        harmless="MJML centres its tables for Outlook by an attribute",
    ),
    Feature(
        "property", r"^(margin|padding|border)-(inline|block)", "logical margins, paddings and borders", _NOT_APPLE
    ),
    Feature("property", r"^(min-|max-)?(inline|block)-size:", "logical sizes", _NOT_APPLE),
    Feature(
        "property",
        r"^padding",
        "padding outside of table cells",
        (OUTLOOK,),
        elements=_TEXT_BLOCKS,
        harmless="lines stand closer, and nothing is lost",
    ),
    Feature("property", r"^aspect-ratio:", "aspect-ratio", _NOT_APPLE),
    Feature("property", r"^object-(fit|position):", "object-fit", (OUTLOOK, YAHOO)),
)

LOOK = (
    Feature("property", r"^background(-image)?:[^;]*url\(", "background images", (OUTLOOK,)),
    Feature("property", r"(linear|radial|conic)-gradient\(", "gradients", (OUTLOOK, OUTLOOK_COM, YAHOO)),
    Feature(
        "property",
        r"^background-(size|clip|origin|blend-mode):",
        "background-size, -clip and -origin",
        (OUTLOOK, YAHOO),
    ),
    Feature("property", r"^border(-\w+)*-radius:", "border-radius", (OUTLOOK,), harmless="corners are square"),
    Feature("property", r"^border-image", "border-image", _NOT_APPLE),
    Feature("property", r"^(box|text)-shadow:(?!none)", "shadows", _THREE, harmless="it is decoration"),
    Feature("property", r"^opacity:", "opacity", (OUTLOOK,)),
    Feature("property", r"^(backdrop-)?filter:", "filter", _NOT_APPLE),
    Feature("property", r"^(clip-path|mask(-image)?|mix-blend-mode):", "clip-path, mask and blending", _NOT_APPLE),
    Feature("property", r"^(transform|rotate|scale|translate):", "transform", _NOT_APPLE),
    Feature("property", r"^visibility:", "visibility", (GMAIL, OUTLOOK)),
    Feature(
        "property",
        r"^color-scheme:|^supported-color-schemes:",
        "color-scheme",
        _NOT_APPLE,
        harmless="the light look stays",
    ),
    Feature("property", r"\b(rgba|hsla)\(", "colours that let the ground through", (OUTLOOK,)),
    Feature("property", r"\b(hsl|hwb|lab|lch|oklab|oklch|color|color-mix|light-dark)\(", "modern colours", _NOT_APPLE),
    Feature(
        "property",
        r"^(transition|animation)(-\w+)*:",
        "animation and transition",
        _NOT_APPLE,
        harmless="it stands still",
    ),
    Feature("property", r"^text-wrap", "text-wrap", _NOT_APPLE, harmless="lines break elsewhere"),
    Feature("property", r"^text-overflow:", "text-overflow", (OUTLOOK, YAHOO)),
    Feature("property", r"^hyphens:", "hyphens", _NOT_APPLE, harmless="words aren't divided"),
    Feature(
        "property",
        r"^(word-break|overflow-wrap|word-wrap):",
        "breaking long words",
        (OUTLOOK, YAHOO),
        harmless="only a word wider than the mail is concerned",
    ),
    Feature("property", r"^white-space:(?!normal)", "white-space", (OUTLOOK,)),
    Feature("property", r"^word-spacing:(?!normal)", "word-spacing", (OUTLOOK,), harmless="it is decoration"),
    Feature("property", r"^list-style-(image|position):", "list-style-image and -position", (GMAIL, OUTLOOK)),
    Feature(
        "property",
        r"^(font-variant|font-feature-settings|font-kerning)",
        "font features",
        (OUTLOOK, YAHOO),
        harmless="the font's usual letters stand there",
    ),
)

CSS = (
    Feature("property", r"\bvar\(|^--", "CSS variables", _NOT_APPLE),
    Feature("property", r"\bcalc\(", "calc()", (OUTLOOK, OUTLOOK_COM, YAHOO)),
    Feature("property", r"\b(min|max|clamp)\(", "min(), max() and clamp()", (OUTLOOK, OUTLOOK_COM, YAHOO)),
    Feature("property", r"[\d.]rem\b", "rem", (OUTLOOK, YAHOO)),
    Feature("property", r"[\d.](v[wh]|vmin|vmax|ch)\b", "vw, vh, vmin, vmax and ch", (OUTLOOK,)),
    Feature("property", r":(initial|unset|revert)\b", "initial, unset and revert", (OUTLOOK, YAHOO)),
    Feature("at-rule", r"^@import", "@import", (GMAIL, OUTLOOK_COM, YAHOO)),
    Feature("at-rule", r"^@font-face", "web fonts", _THREE),
    Feature("at-rule", r"^@(-webkit-)?keyframes", "@keyframes", _NOT_APPLE, harmless="it stands still"),
    Feature(
        "at-rule", r"^@supports", "@supports", (GMAIL, OUTLOOK, OUTLOOK_COM), harmless="what stands outside of it holds"
    ),
    Feature("at-rule", r"^@layer|^@container|^@property", "@layer, @container and @property", _NOT_APPLE),
    Feature("at-rule", r"^@media.*prefers-color-scheme", "dark look", _THREE, harmless="the light look stays"),
    Feature("at-rule", r"^@media", "@media", (OUTLOOK,), harmless="what stands outside of it holds"),
    Feature(
        "selector",
        r"\[data-ogs[bc]\]",
        "Outlook.com's dark look",
        (GMAIL, OUTLOOK, APPLE, YAHOO),
        harmless="it is meant for Outlook.com alone",
    ),
    Feature("selector", r"\[(?!data-ogs[bc]\])", "attribute selectors", (OUTLOOK,)),
    Feature(
        "selector",
        r":(hover|active|focus|visited)\b",
        "states of links",
        (OUTLOOK,),
        harmless="links look the same in every state",
    ),
    Feature(
        "selector", r":(nth-|not\(|has\(|is\(|where\(|lang\()", ":nth-child(), :not(), :has() and the like", _NOT_APPLE
    ),
    Feature("selector", r":(first|last|only)-(child|of-type)", ":first-child and the like", (GMAIL, OUTLOOK)),
    Feature("selector", r"::?(before|after|marker|placeholder)\b", "::before and ::after", _THREE),
    Feature("selector", r"[>+~*]", "the selectors >, +, ~ and *", (OUTLOOK,)),
)

ELEMENTS = (
    Feature("element", r"^svg$", "<svg>", _NOT_APPLE),
    Feature("element", r"^(video|audio)$", "<video> and <audio>", _NOT_APPLE),
    Feature("element", r"^(form|input|select|textarea|button)$", "forms", (OUTLOOK, OUTLOOK_COM, YAHOO)),
    Feature("element", r"^(script|iframe|object|embed|canvas)$", "scripts and embedded documents", _ALL),
    Feature("element", r"^link\[rel=\S*stylesheet", "style sheets of another address", (GMAIL, OUTLOOK_COM, YAHOO)),
    Feature("element", r"^picture$|^\w+\[srcset", "<picture> and srcset", _NOT_APPLE),
    Feature("element", r"^(meter|progress|dialog|marquee)$", "<meter>, <progress>, <dialog> and <marquee>", _NOT_APPLE),
    Feature("element", r"^(ruby|rt)$", "<ruby>", (GMAIL, OUTLOOK)),
    Feature(
        "element",
        r"^(section|article|header|footer|nav|main|aside|figure)$",
        "elements for parts of a page",
        (OUTLOOK, YAHOO),
        harmless="their text stands there as it would in a <div>",
    ),
    Feature(
        "element", r"^(abbr|acronym|bdi)$", "<abbr> and <bdi>", (OUTLOOK, YAHOO), harmless="their text stands there"
    ),
    Feature("element", r"^\w+\[hidden=", "the attribute hidden", _NOT_APPLE),
    Feature("element", r"^\w+\[on\w+=", "scripts in attributes", _ALL),
    Feature("element", r"^img\[src=data:", "pictures inside the mail's own text", (GMAIL, OUTLOOK)),
    Feature("element", r"^img\[src=\S*\.svg\b", "SVG pictures", (GMAIL, OUTLOOK)),
    Feature("element", r"^img\[src=\S*\.(webp|avif|heic)\b", "WebP, AVIF and HEIC pictures", (OUTLOOK,)),
    Feature("element", r"^a\[href=#", "links inside the mail", (YAHOO,), harmless="it can be scrolled to"),
)

FEATURES = (*LAYOUT, *LOOK, *CSS, *ELEMENTS)
