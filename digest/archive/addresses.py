"""Where each page of the archive lies, below its root. The same in a folder of files and in the running service.

    index.html                             all lists, and their newest issues
    LIST/index.html                        a list's issues
    LIST/PERIOD/index.html                 one issue
    LIST/topics/TOPIC/index.html           a topic's papers, newest first; older ones are on …/TOPIC/1/index.html, 2, …
    LIST/feed.xml                          a list's issues as an Atom feed
    sitemap.xml, style.css, 404.html

LIST is the list's permanent id, which a rename leaves as it is.
"""

PAGE = "index.html"
"""The file that a web server shows for a folder."""

STYLE = "style.css"
SITEMAP = "sitemap.xml"
MISSING = "404.html"
FEED = "feed.xml"


def of_list(list_id: str) -> str:
    """Return where a list's page lies."""
    return f"{list_id}/{PAGE}"


def of_feed(list_id: str) -> str:
    """Return where a list's feed lies."""
    return f"{list_id}/{FEED}"


def of_issue(list_id: str, period: str) -> str:
    """Return where an issue's page lies."""
    return f"{list_id}/{period}/{PAGE}"


def of_topic(list_id: str, topic_id: str, page: int | None = None) -> str:
    """Return where a page of a topic's papers lies: the newest one, or one that is closed, 1 with the oldest papers."""
    further = f"{page}/" if page else ""
    return f"{list_id}/topics/{topic_name(topic_id)}/{further}{PAGE}"


def topic_name(topic_id: str) -> str:
    """Return what a topic is called in addresses."""
    # Only our own begins with "_", and some static hosts leave out what does; no id begins with "-".
    return topic_id.replace("_", "-", 1)


def folder(path: str) -> str:
    """Return the address of a page as links write it: a folder, without the name of its file."""
    return path.removesuffix(PAGE)


def root_from(path: str) -> str:
    """Return the way from a page back to the archive's root, such as "../../"."""
    return "../" * path.count("/")
