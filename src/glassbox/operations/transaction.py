"""@operation: the one durable write transaction, walled to one licence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction

from glassbox.access import NotPermitted
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.rules.actor import Actor
from glassbox.rules.policy import read_policy
from glassbox.rules.verdicts import NotFound

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def enter_license_in_transaction(license_id: int) -> License:
    """Wall the open transaction to one licence, for reading and writing, and return it.

    :raises NotFound: if there is no such licence
    """
    assert connection.in_atomic_block, "the wall stands only as long as a transaction"
    license = License.objects.filter(id=license_id).select_related("company").first()
    if license is None:
        raise NotFound("There is no such licence.")
    _wall(license)
    return license


def _wall(license: License) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.license', %s, true), set_config('app.licenses', %s, true),"
            " set_config('app.company', %s, true), set_config('app.facility', %s, true),"
            " set_config('app.policy', %s, true)",
            [
                *(str(license.pk), str(license.pk), str(license.company_id), license.number),
                read_policy(license.policy).profile.value,
            ],
        )


def operation(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Run `function` as one durable transaction in the licence of its `license_id` argument.

    A denied permission rolls everything back, is then remembered in the ledger, and raised again.
    """

    @wraps(function)
    def in_one_transaction(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        license_id = kwargs["license_id"]
        assert isinstance(license_id, int), "an operation acts in exactly one licence"
        try:
            with transaction.atomic(durable=True):
                enter_license_in_transaction(license_id)
                return function(*args, **kwargs)
        except NotPermitted as denied:
            _remember_denial(denied, kwargs)
            raise

    return in_one_transaction


def unscoped_operation(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Run `function` as one durable transaction outside any licence: opening a company, signing in."""

    @wraps(function)
    def in_one_transaction(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        with transaction.atomic(durable=True):
            return function(*args, **kwargs)

    return in_one_transaction


def body_of(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Return what an operation does, without its transaction: for one that does it and more."""
    body: Callable[..., Any] = inspect.unwrap(operation)
    return body


def _remember_denial(denied: NotPermitted, arguments: dict[str, object]) -> None:
    actor, now = arguments["actor"], arguments["now"]
    assert isinstance(actor, Actor) and isinstance(now, datetime)
    with transaction.atomic(durable=True):
        enter_license_in_transaction(denied.license_id)
        ledger.append(
            type=EventType.ACCESS_DENIED,
            subject=f"permission:{denied.permission}",
            actor=actor,
            reason=denied.message,
            now=now,
        )


@contextmanager
def short_transaction(license_id: int) -> Iterator[License]:
    """Open one durable transaction in a licence, for work that is many small steps around METRC."""
    with transaction.atomic(durable=True):
        yield enter_license_in_transaction(license_id)


@contextmanager
def short_transaction_at(license: License) -> Iterator[None]:
    """Open the same in a licence that the caller has looked up before: two statements less."""
    with transaction.atomic(durable=True):
        _wall(license)
        yield


@contextmanager
def savepoint() -> Iterator[None]:
    """Open a part of the caller's transaction that can fail alone."""
    assert connection.in_atomic_block, "a savepoint is a part of a transaction"
    with transaction.atomic():
        yield
