"""What every static file says of itself besides its content."""

from __future__ import annotations

from wsgiref.headers import Headers


def keep_out_of_frames(headers: Headers, path: str, url: str) -> None:
    """Let no page of anybody show one of our files in a frame."""
    headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
