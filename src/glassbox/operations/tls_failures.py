"""A connection that TLS refused: said in the log apart from all others, for it may be an attack."""

from __future__ import annotations

import logging
import ssl

log = logging.getLogger(__name__)
CAUSES_AT_MOST = 10


def say_if_tls_failed(error: BaseException, whom: str) -> bool:
    """Log it if an error came of TLS: a certificate that does not hold, or no common version.

    `whom` is a word of ours for the other side. Return whether it was.
    """
    cause: BaseException | None = error
    for _ in range(CAUSES_AT_MOST):
        if cause is None:
            return False
        if isinstance(cause, ssl.SSLError):
            log.error("TLS with %s failed: %s", whom, type(cause).__name__)
            return True
        cause = cause.__cause__ or cause.__context__
    return False
