"""What a floor PIN must be, and how often it may be wrong."""

from __future__ import annotations

from glassbox.rules.verdicts import InvalidInput

DIGITS_AT_LEAST, DIGITS_AT_MOST = 6, 12
WRONG_AT_MOST = 5
ROWS = ("01234567890123456789", "98765432109876543210")


def check_pin(pin: str) -> None:
    """Refuse a PIN that is no 6 to 12 digits, one digit repeated, or digits in a row.

    :raises InvalidInput: without the PIN in it
    """
    if not (pin.isascii() and pin.isdigit() and DIGITS_AT_LEAST <= len(pin) <= DIGITS_AT_MOST):
        raise InvalidInput(
            field="PIN",
            value="(not shown)",
            way_out=f"Choose {DIGITS_AT_LEAST} to {DIGITS_AT_MOST} digits.",
        )
    if len(set(pin)) <= 2 or any(pin in row for row in ROWS):
        raise InvalidInput(
            field="PIN",
            value="(not shown)",
            way_out="It is easily guessed. Choose at least three different digits, not in a row.",
        )
