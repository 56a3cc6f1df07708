"""Mounts the pages."""

from django.urls import include, path

urlpatterns = [path("", include("glassbox.web.urls"))]
handler500 = "glassbox.web.pages.broken"
