"""Files sealed for a public key: whoever makes a backup cannot read it again.

A file begins with the length of what follows, then with a key of its own, sealed by HPKE for the
backup's public key, then comes its content in segments of a megabyte. Both are tied to what the
file is called, so that none takes the place of another.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import BinaryIO, cast

import tink
from tink import TinkError, hybrid, secret_key_access, streaming_aead

LENGTH_BYTES = 4
SEALED_KEY_BYTES_AT_MOST = 10_000
CHUNK_BYTES = 1 << 20
FOR_BACKUP = hybrid.hybrid_key_templates.DHKEM_X25519_HKDF_SHA256_HKDF_SHA256_AES_256_GCM
FOR_ONE_FILE = streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_1MB

hybrid.register()
streaming_aead.register()


class NotOurs(Exception):
    """A sealed file is damaged, is another than it is called, or was sealed for another key."""


def make_pair() -> tuple[str, str]:
    """Return a new private and public key, each as the text of its file."""
    handle = tink.new_keyset_handle(FOR_BACKUP)
    return (
        tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN),
        tink.json_proto_keyset_format.serialize_without_secret(handle.public_keyset_handle()),
    )


def seal_file(source: Path, target: Path, *, called: str, public: str) -> None:
    """Write `source` to `target`, sealed; the target appears whole or not at all."""
    handle = tink.json_proto_keyset_format.parse_without_secret(public)
    own = tink.new_keyset_handle(FOR_ONE_FILE)
    own_text = tink.json_proto_keyset_format.serialize(own, secret_key_access.TOKEN)
    key = handle.primitive(hybrid.HybridEncrypt).encrypt(own_text.encode(), called.encode())
    temporary = target.with_name(f"{target.name}.{os.getpid()}")
    with source.open("rb") as reading, temporary.open("wb") as writing:
        writing.write(len(key).to_bytes(LENGTH_BYTES, "big") + key)
        sealing = own.primitive(streaming_aead.StreamingAead).new_encrypting_stream(
            _left_open(writing), called.encode()
        )
        shutil.copyfileobj(reading, sealing, CHUNK_BYTES)
        sealing.close()
        writing.flush()
        os.fsync(writing.fileno())
    temporary.replace(target)


def open_file(source: Path, target: BinaryIO, *, called: str, private: str) -> None:
    """Write what a sealed file holds to `target`.

    :raises NotOurs: if it is damaged, another than it is called, or sealed for another key
    """
    handle = tink.json_proto_keyset_format.parse(private, secret_key_access.TOKEN)
    with source.open("rb") as reading:
        size = int.from_bytes(reading.read(LENGTH_BYTES), "big")
        if size > SEALED_KEY_BYTES_AT_MOST:
            raise NotOurs(f"{source} is no sealed file of a backup.")
        try:
            text = handle.primitive(hybrid.HybridDecrypt).decrypt(
                reading.read(size), called.encode()
            )
            own = tink.json_proto_keyset_format.parse(text.decode(), secret_key_access.TOKEN)
            opened = own.primitive(streaming_aead.StreamingAead).new_decrypting_stream(
                reading, called.encode()
            )
            shutil.copyfileobj(opened, target, CHUNK_BYTES)
        except (TinkError, OSError, EOFError) as error:
            raise NotOurs(
                f"{source} is damaged, was renamed, or was sealed for another key."
            ) from error


class _LeftOpen:
    """A file that the sealing stream may close without closing it."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.closed = False

    def write(self, data: bytes) -> int:
        return self.file.write(data)

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        self.file.flush()

    def close(self) -> None:
        self.closed = True


def _left_open(file: BinaryIO) -> BinaryIO:
    return cast(BinaryIO, _LeftOpen(file))
