"""allauth's recovery codes with hashes in the place of its seed, which no setting of it offers.

So its class is replaced by this one, at the two places that name it.
"""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import auth, flows

from glassbox.operations.recovery_codes import HASHES, SEED, Sealed, hashed, spend_recovery_code

# Codes that were just made, in the sealed session of whoever made them, until they are shown.
UNSEEN = "unseen_recovery_codes"
HIDDEN = "****"


class HashedRecoveryCodes(Sealed):  # type: ignore[misc]
    """A person's recovery codes: a salted hash of each unused one, and nothing else."""

    shown: tuple[str, ...] = ()

    @classmethod
    def activate(cls, user: Any) -> HashedRecoveryCodes:
        """Return a person's codes, made where there are none; shown once, in this session."""
        held = Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.RECOVERY_CODES)
        instance = held.first()
        if instance is not None:
            return cls(instance)
        # Made as allauth makes them; the seed ends with this function.
        seed = auth.encrypt(cls.generate_seed())
        made = Sealed(Authenticator(data={SEED: seed, "used_mask": 0})).generate_codes()
        instance = Authenticator.objects.create(
            user=user, type=Authenticator.Type.RECOVERY_CODES, data=hashed(made)
        )
        context.request.session[UNSEEN] = made
        return cls(instance)

    @property
    def did_view(self) -> bool:
        """Return whether there is nothing here that could be shown."""
        return UNSEEN not in context.request.session

    def mark_as_viewed(self) -> None:
        """Take the codes out of the session: this page shows them, and no other will."""
        self.shown = tuple(context.request.session.pop(UNSEEN))

    def get_unused_codes(self) -> list[str]:
        """Return the codes on the one page that shows them, else as many signs that tell nothing."""
        if SEED in self.instance.data:
            return [HIDDEN for _ in super().get_unused_codes()]
        return list(self.shown) or [HIDDEN for _ in self.instance.data[HASHES]]

    def validate_code(self, code: str) -> bool:
        """Return whether it is an unused code; it is spent then."""
        return spend_recovery_code(user_id=self.instance.user_id, code=code)


def hash_recovery_codes() -> None:
    """Let allauth keep hashes from now on."""
    auth.RecoveryCodes = flows.RecoveryCodes = HashedRecoveryCodes
