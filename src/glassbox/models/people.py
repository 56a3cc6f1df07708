"""User, RoleGrant: who a person is, and which role they hold at which licence, from when to when."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from glassbox.models.companies import Company, License
from glassbox.rules.permissions import Role


class User(AbstractBaseUser):
    """A person who signs in. Global: one person may work for licences of one company."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="users", null=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    objects = BaseUserManager()

    class Meta:
        db_table = "users"

    def __str__(self) -> str:
        return f"user #{self.pk} {self.name}"


class FloorPin(models.Model):
    """A person's short code that unlocks a session of theirs, never more; as a hash."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="floor_pin")
    pin_hash = models.CharField(max_length=160)
    set_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "floor_pins"

    def __str__(self) -> str:
        return f"floor PIN of user #{self.user_id}"


class ProviderIdentity(models.Model):
    """Who a person is to their company's OpenID provider: its issuer, and its own id of them."""

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="provider_identity")
    issuer = models.CharField(max_length=500)
    subject = models.CharField(max_length=255)
    bound_at = models.DateTimeField()

    class Meta:
        db_table = "provider_identities"
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="provider_identity_once"),
        ]

    def __str__(self) -> str:
        return f"identity of user #{self.user_id} at {self.issuer}"


class RoleGrant(models.Model):
    """A role held at a licence. Never edited: closed by its end, and opened anew."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    license = models.ForeignKey(License, on_delete=models.PROTECT, related_name="role_grants")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=30, choices=[(r, r.title()) for r in Role])
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        db_table = "roles"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "user", "role"],
                condition=models.Q(valid_until__isnull=True),
                name="role_held_once",
            ),
        ]

    def __str__(self) -> str:
        return f"role #{self.pk} {self.role}"
