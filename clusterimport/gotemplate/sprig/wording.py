"""How Go's package time quotes a text in its error messages: bytes beyond ASCII in hex."""

from clusterimport.gotemplate.gostrings import to_bytes

__all__ = ["go_time_quote"]


def go_time_quote(text: str) -> str:
    r"""Quote; quotes and backslashes escaped, controls and non-ASCII bytes as ``\x``."""
    out = []
    for byte in to_bytes(text):
        char = chr(byte)
        if byte >= 0x80 or byte < 0x20:
            out.append(f"\\x{byte:02x}")
        else:
            out.append(f"\\{char}" if char in '"\\' else char)
    return f'"{"".join(out)}"'
