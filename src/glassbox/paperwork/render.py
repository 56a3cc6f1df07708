"""Typst in, PDF out: a template of ours and plain data, which is never read as markup."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

import segno
import typst
from django.conf import settings

from glassbox.rules.terms import RESPONSIBILITY


def render(template: str, content: Mapping[str, Any], *, stamp: str) -> bytes:
    """Return the PDF of a template filled with plain data.

    Data go in as one JSON text beside the template, so no name of a product and no note of a
    person can become markup. Every page says who answers for what, and from which environment it
    comes if that is not production. `stamp` is the ledger's head when the paper was made.
    """
    source = resources.files("glassbox.paperwork").joinpath("templates", f"{template}.typ")
    common = resources.files("glassbox.paperwork").joinpath("templates", "common.typ")
    text = common.read_text("utf-8") + source.read_text("utf-8")
    pdf = typst.compile(
        text.encode(),
        format="pdf",
        sys_inputs={
            "content": json.dumps(content, default=str),
            "responsibility": RESPONSIBILITY,
            "stamp": stamp,
            "environment": settings.GLASSBOX_ENVIRONMENT,
        },
    )
    assert isinstance(pdf, bytes), "one document is one PDF"
    return pdf


def qr_svg(text: str) -> str:
    """Return the QR code of a text as SVG, for a template to draw."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="svg", xmldecl=False, border=2)
    return out.getvalue().decode()
