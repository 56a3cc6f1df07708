"""Where a key service is: GLASSBOX_KEK_URL names a transit engine, or an account and region of AWS."""

from __future__ import annotations

import re
from dataclasses import dataclass

AWS = "aws-kms://"
# Tink's own form of an address, without the key: its alias is ours to name.
_AWS = re.compile(r"aws-kms://(arn:(?:aws|aws-us-gov):kms:([a-z]{2}(?:-[a-z]+)+-\d):\d{12})")


@dataclass(frozen=True)
class AwsKeyPlace:
    """An account and region of AWS in which keys are; `arn` is how names of its aliases begin."""

    arn: str
    region: str


def is_of_aws(url: str) -> bool:
    """Return whether an address means AWS KMS, well formed or not."""
    return url.startswith(AWS)


def aws_key_place(url: str) -> AwsKeyPlace | None:
    """Return account and region of an address such as aws-kms://arn:aws:kms:us-west-2:111122223333."""
    found = _AWS.fullmatch(url)
    return AwsKeyPlace(arn=found[1], region=found[2]) if found else None


def endpoint_of(url: str, endpoint: str) -> str:
    """Return the address that is really asked: of AWS `endpoint`, or its usual one of the region."""
    place = aws_key_place(url)
    if place is None:
        return url
    return endpoint or f"https://kms.{place.region}.amazonaws.com"
