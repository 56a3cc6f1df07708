"""Numbers on papers are found by their beginning or their end through indexes of their own."""

from django.db import migrations, models
from django.db.models import Func
from django.db.models.functions import Reverse, Upper

INVOICES, ORDERS, TEMPLATES, PAPERS, UIDS = 60, 60, 120, 80, 40


def written(model: str, name: str, expression: Func, most: int) -> migrations.AddField:
    """Return the step that adds a column which PostgreSQL writes itself."""
    column = models.GeneratedField(
        db_persist=True,
        expression=expression,
        output_field=models.CharField(db_collation="C", max_length=most),
    )
    return migrations.AddField(model, name, column)


def index(model: str, name: str, field: str, *, even_if_empty: bool = True) -> migrations.AddIndex:
    """Return the step that adds an index on a licence's rows by one of these columns."""
    condition = None if even_if_empty else models.Q((f"{field}__gt", ""))
    return migrations.AddIndex(
        model, models.Index(fields=["license", field], name=name, condition=condition)
    )


class Migration(migrations.Migration):
    dependencies = [("glassbox", "0023_open_indexes")]

    operations = [
        written("batch", "number_capitals", Upper("number"), PAPERS),
        written("batch", "number_reversed", Reverse(Upper("number")), PAPERS),
        written("certificateofanalysis", "number_capitals", Upper("certificate_number"), PAPERS),
        written(
            "certificateofanalysis", "number_reversed", Reverse(Upper("certificate_number")), PAPERS
        ),
        written("labsample", "label_reversed", Reverse("label"), UIDS),
        written("order", "number_capitals", Upper("number"), ORDERS),
        written("order", "number_reversed", Reverse(Upper("number")), ORDERS),
        written("transfer", "invoice_capitals", Upper("invoice_number"), INVOICES),
        written("transfer", "invoice_reversed", Reverse(Upper("invoice_number")), INVOICES),
        written("transfer", "template_capitals", Upper("template_name"), TEMPLATES),
        index("batch", "batch_by_beginning", "number_capitals"),
        index("batch", "batch_by_end", "number_reversed"),
        index("certificateofanalysis", "coa_by_beginning", "number_capitals"),
        index("certificateofanalysis", "coa_by_end", "number_reversed"),
        index("labsample", "sample_by_last_digits", "label_reversed"),
        index("order", "order_by_beginning", "number_capitals"),
        index("order", "order_by_end", "number_reversed"),
        index("transfer", "invoice_by_beginning", "invoice_capitals", even_if_empty=False),
        index("transfer", "invoice_by_end", "invoice_reversed", even_if_empty=False),
        index("transfer", "template_by_beginning", "template_capitals", even_if_empty=False),
    ]
