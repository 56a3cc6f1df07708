"""A role for the vendor's support, whom a customer lets in for some hours."""

from django.db import migrations, models

from glassbox.rules.permissions import Role


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0030_evidence"),
    ]

    operations = [
        migrations.AlterField(
            model_name="rolegrant",
            name="role",
            field=models.CharField(choices=[(role, role.title()) for role in Role], max_length=30),
        ),
    ]
