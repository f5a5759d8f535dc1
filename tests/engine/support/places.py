"""Folders that people keep projects in, and whose names mean something in a URI, a shell or SQL."""

NAMES = (
    "plain",
    "with spaces",
    "my%20project",
    "100%",
    'it\'s "quoted"',
    "übung 数据",
    "a#b",
    "what?",
    "a;b&c",
    "$HOME",
    "x[1]",
    "star*",
    "a@b+c=d",
    "back\\slash",
)
ALL = '1%20 "it\'s" ü数 #a?;&$HOME[1]*'  # every sign at once, for what takes long
