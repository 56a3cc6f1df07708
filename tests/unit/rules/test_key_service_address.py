"""What GLASSBOX_KEK_URL may name, and which address is asked."""

from __future__ import annotations

import pytest

from glassbox.rules.key_service_address import AwsKeyPlace, aws_key_place, endpoint_of, is_of_aws

WEST = "aws-kms://arn:aws:kms:us-west-2:111122223333"


def test_an_account_and_region_are_read() -> None:
    assert aws_key_place(WEST) == AwsKeyPlace("arn:aws:kms:us-west-2:111122223333", "us-west-2")
    assert aws_key_place("aws-kms://arn:aws-us-gov:kms:us-gov-west-1:111122223333") is not None


@pytest.mark.parametrize(
    "url",
    [
        "aws-kms://",
        "aws-kms://us-west-2",
        f"{WEST}:alias/glassbox-production",
        "aws-kms://arn:aws:kms:us-west-2.attacker.example/:111122223333",
        "aws-kms://arn:aws:s3:us-west-2:111122223333",
        f"{WEST}\n",
    ],
)
def test_half_an_address_is_none(url: str) -> None:
    assert is_of_aws(url) and aws_key_place(url) is None


def test_the_usual_address_of_a_region_is_asked_unless_another_is_named() -> None:
    assert endpoint_of(WEST, "") == "https://kms.us-west-2.amazonaws.com"
    fips = "https://kms-fips.us-west-2.amazonaws.com"
    assert endpoint_of(WEST, fips) == fips
    transit = "https://vault.example:8200/v1/transit"
    assert endpoint_of(transit, "") == transit
