"""Inspectors are a role of their own."""

from django.db import migrations, models

import glassbox.rules.permissions


class Migration(migrations.Migration):
    dependencies = [
        ("glassbox", "0018_inspections"),
    ]

    operations = [
        migrations.AlterField(
            model_name="rolegrant",
            name="role",
            field=models.CharField(
                choices=[
                    (glassbox.rules.permissions.Role["PRODUCTION_LEAD"], "Production_Lead"),
                    (glassbox.rules.permissions.Role["VERIFIER"], "Verifier"),
                    (glassbox.rules.permissions.Role["PACKAGER"], "Packager"),
                    (glassbox.rules.permissions.Role["INVENTORY"], "Inventory"),
                    (glassbox.rules.permissions.Role["QA_MANAGER"], "Qa_Manager"),
                    (glassbox.rules.permissions.Role["COMPLIANCE_MANAGER"], "Compliance_Manager"),
                    (glassbox.rules.permissions.Role["DRIVER"], "Driver"),
                    (
                        glassbox.rules.permissions.Role["DISTRIBUTION_MANAGER"],
                        "Distribution_Manager",
                    ),
                    (glassbox.rules.permissions.Role["AUDITOR"], "Auditor"),
                    (glassbox.rules.permissions.Role["INSPECTOR"], "Inspector"),
                    (glassbox.rules.permissions.Role["OWNER"], "Owner"),
                    (glassbox.rules.permissions.Role["SYSTEM"], "System"),
                ],
                max_length=30,
            ),
        ),
    ]
