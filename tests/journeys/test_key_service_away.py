"""The key service is away: an approved action waits, says why, and is sent once when it is back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.config.console import main
from glassbox.models.sync import SyncRun
from glassbox.operations.submission.claim import NotYet
from glassbox.operations.sync.run import SyncFailed
from glassbox.operations.transaction import short_transaction
from glassbox.rules.action_lifecycle import ActionState
from glassbox.runtime.postgres import ClusterUrls
from tests.db.credentials.vaults import vault_in
from tests.desk import Desk
from tests.journeys.story import action_of, approve, draft, look, read, receive_oil, send, split
from tests.journeys.test_kill import effects_of
from tests.transit import settings_for, transit

TAG = "1A4060300000001000000477"


def test_sends_wait_in_sight_for_the_key_service(
    brand: Brand, desk: Desk, database: ClusterUrls, tmp_path: Path
) -> None:
    (oil,) = receive_oil(brand, desk, 700)
    action_id = draft(brand, "Ana", MAKER, "package.create", {"packages": [split(TAG, oil, "5")]})
    approve(brand, database, "Ana", "Ben", MAKER, action_id)
    own = vault_in(tmp_path) | {"GLASSBOX_KEYS_FOLDER": settings.GLASSBOX_KEYS_FOLDER}
    shutil.copytree(settings.GLASSBOX_VAULT_FOLDER, own["GLASSBOX_VAULT_FOLDER"])
    own["GLASSBOX_VAULT_PUBLIC_FILE"].parent.mkdir()
    shutil.copy(settings.GLASSBOX_VAULT_PUBLIC_FILE, own["GLASSBOX_VAULT_PUBLIC_FILE"])
    with (
        transit() as service,
        override_settings(**own, **settings_for(service, tmp_path, "worker")),
    ):
        service.add_key("glassbox-dev-vault", "worker")
        assert main(["make-keys", "--only", "vault"]) == 0
        service.is_sealed = True
        for _ in range(2):
            with pytest.raises(NotYet, match=r"METRC keys cannot be opened.*it is sealed"):
                send(brand, MAKER, action_id)
        waits = action_of(brand, MAKER, action_id)
        assert waits.state == ActionState.APPROVED
        assert "it is sealed" in waits.blocked_because
        with pytest.raises(SyncFailed, match="it is sealed"):
            read(brand, MAKER)
        with short_transaction(brand.licenses[MAKER]):
            assert "it is sealed" in SyncRun.objects.order_by("-id")[0].error
        assert effects_of(desk, TAG) == 0

        service.is_sealed = False
        send(brand, MAKER, action_id)
        look(brand, MAKER, action_id)
        assert action_of(brand, MAKER, action_id).state == ActionState.ACCEPTED
        assert effects_of(desk, TAG) == 1
