"""Files that leave by the pages: the one place that says how a browser is to call them."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

NAME_CHARACTERS = 120


def called(response: HttpResponse, name: str, *, is_kept: bool = True) -> HttpResponse:
    """Return an answer that a browser keeps, or shows, under a name.

    Whatever the name holds, it stays one value of one header (RFC 6266), is no path, and has 120
    characters at most, its ending among them.
    """
    plain = "".join("-" if one in "/\\" or not one.isprintable() else one for one in name)
    plain = plain.lstrip(". ")[-NAME_CHARACTERS:] or "file"
    header = content_disposition_header(as_attachment=is_kept, filename=plain)
    assert header is not None, "there is a name"
    response["Content-Disposition"] = header
    return response
