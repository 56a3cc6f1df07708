"""Mounts the pages and the API."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("glassbox.api.urls")),
    path("", include("glassbox.web.urls")),
]
handler500 = "glassbox.web.pages.broken"
