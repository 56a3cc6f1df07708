"""Words that may not make up a password, because whoever guesses tries them first."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError

from glassbox.rules.permissions import Role

# The product, and what everybody here works with; docs/operating/sign-in.md lists them.
WORDS = ("glassbox", "metrc", "cannabis", "password")
SHORTEST_WORD_CHARACTERS = 4
# What must be left of a password besides such words.
OTHER_CHARACTERS_AT_LEAST = 8


class GuessableWordsValidator:
    """Refuse a password that is little more than words of this place."""

    def validate(self, password: str, user: object = None) -> None:
        """Refuse a password of which too little is left without the product's, roles' and company's words.

        :raises ValidationError: if so
        """
        left = password.casefold()
        for word in sorted(words_of(getattr(user, "email", "")), key=len, reverse=True):
            left = left.replace(word, "")
        if len(left) < OTHER_CHARACTERS_AT_LEAST and left != password.casefold():
            raise ValidationError(
                "This password is little more than words of this place. Add others.",
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        """Return what a form says beforehand."""
        return "Your password cannot be made of the product's, your company's or a role's name."


def words_of(email: str) -> frozenset[str]:
    """Return the words: the product's, the roles', and those of a person's mail domain."""
    domain = email.rpartition("@")[2].rpartition(".")[0]
    roles = (part for role in Role for part in re.split(r"\W|_", role.value.casefold()))
    parts = (*WORDS, *roles, *re.split(r"\W", domain.casefold()))
    return frozenset(one for one in parts if len(one) >= SHORTEST_WORD_CHARACTERS)
