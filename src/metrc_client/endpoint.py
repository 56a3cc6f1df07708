"""One endpoint of METRC as a value, and short words to declare one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LicenseRule(StrEnum):
    """Whether the licenseNumber query parameter must, may or must not be sent."""

    REQUIRED = "REQUIRED"
    OPTIONAL = "OPTIONAL"
    NONE = "NONE"


REQUIRED, OPTIONAL, NONE = LicenseRule.REQUIRED, LicenseRule.OPTIONAL, LicenseRule.NONE


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One operation of METRC. `permissions` are METRC's own names for what a user needs there.

    `takes_object` says that the body is one object and no array, `takes_nothing` that there is none; `is_on_connect_host` that METRC
    serves it on another host than the state's; `key_header` the header that carries the vendor
    key there instead of Basic authentication; `required_query` what must be asked beside the
    licence.
    """

    method: str
    path: str
    license: LicenseRule = REQUIRED
    is_paged: bool = False
    is_windowed: bool = False
    is_object: bool = False
    is_html: bool = False
    takes_object: bool = False
    takes_nothing: bool = False
    is_on_connect_host: bool = False
    key_header: str = ""
    required_query: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def one(
    path: str,
    *permissions: str,
    license: LicenseRule = REQUIRED,
) -> Endpoint:
    """Return a read of one object."""
    return Endpoint(
        method="GET", path=path, license=license, is_object=True, permissions=permissions
    )


def html(path: str, *permissions: str) -> Endpoint:
    """Return a read of a page for people."""
    return Endpoint(method="GET", path=path, is_html=True, permissions=permissions)


def rows(
    path: str,
    *permissions: str,
    license: LicenseRule = REQUIRED,
    required_query: tuple[str, ...] = (),
    is_on_connect_host: bool = False,
    key_header: str = "",
) -> Endpoint:
    """Return a read of a list that comes whole."""
    return Endpoint(
        method="GET",
        path=path,
        license=license,
        required_query=required_query,
        is_on_connect_host=is_on_connect_host,
        key_header=key_header,
        permissions=permissions,
    )


def pages(
    path: str,
    *permissions: str,
    license: LicenseRule = REQUIRED,
    windowed: bool = False,
    required_query: tuple[str, ...] = (),
) -> Endpoint:
    """Return a read of a list in pages; `windowed` if it filters by lastModified."""
    return Endpoint(
        method="GET",
        path=path,
        license=license,
        is_paged=True,
        is_windowed=windowed,
        required_query=required_query,
        permissions=permissions,
    )


def write(
    method: str,
    path: str,
    *permissions: str,
    license: LicenseRule = REQUIRED,
    takes_object: bool = False,
    takes_nothing: bool = False,
    is_object: bool = False,
    is_on_connect_host: bool = False,
    key_header: str = "",
) -> Endpoint:
    """Return a write; `is_object` if METRC answers an object of its own and no ids."""
    return Endpoint(
        method=method,
        path=path,
        license=license,
        takes_object=takes_object,
        takes_nothing=takes_nothing,
        is_object=is_object,
        is_on_connect_host=is_on_connect_host,
        key_header=key_header,
        permissions=permissions,
    )
