"""Every setting, once, in reading order, with its default and why."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from glassbox.config.env import env_bool, env_float, env_int, env_path, env_secret, env_text
from glassbox.config.logs import logging_of
from glassbox.config.static_files import keep_out_of_frames
from glassbox.rules.key_service_address import aws_key_place, is_of_aws

# Which world this is. It is also stored in the database, and the two are compared at start.
GLASSBOX_ENVIRONMENT = env_text("GLASSBOX_ENVIRONMENT", "dev")
if GLASSBOX_ENVIRONMENT not in {"demo", "dev", "staging", "production"}:
    raise ImproperlyConfigured(
        f"GLASSBOX_ENVIRONMENT is {GLASSBOX_ENVIRONMENT!r}. "
        "Set it to demo, dev, staging or production."
    )
IS_PRODUCTION = GLASSBOX_ENVIRONMENT in {"staging", "production"}

# Where this installation keeps its own files: database, keys, pacing.
GLASSBOX_HOME = Path(env_text("GLASSBOX_HOME", ".glassbox")).resolve()
GLASSBOX_KEYS_FOLDER = GLASSBOX_HOME / "keys"
# The vault of METRC keys: its private half is for the worker alone, its public half for everybody.
GLASSBOX_VAULT_FOLDER = Path(
    env_text("GLASSBOX_VAULT_FOLDER", str(GLASSBOX_HOME / "vault"))
).resolve()
GLASSBOX_VAULT_PUBLIC_FILE = Path(
    env_text("GLASSBOX_VAULT_PUBLIC_FILE", str(GLASSBOX_HOME / "metrc-keys.public.json"))
).resolve()
# A key in the transit engine of Vault or OpenBao, or of AWS KMS, that wraps both key files; with none
# they lie as files or systemd credentials that their user alone reads. The engine's address (of AWS
# account and region), how our keys there begin, AWS's address where it is not its region's usual one,
# and the files with the token (read at each call) and with the authorities it is held against.
GLASSBOX_KEK_URL = env_text("GLASSBOX_KEK_URL").rstrip("/")
GLASSBOX_KEK_NAME = env_text("GLASSBOX_KEK_NAME", f"glassbox-{GLASSBOX_ENVIRONMENT}")
GLASSBOX_KEK_ENDPOINT = env_text("GLASSBOX_KEK_ENDPOINT").rstrip("/")
GLASSBOX_KEK_TOKEN_FILE = env_path("GLASSBOX_KEK_TOKEN_FILE")
GLASSBOX_KEK_CA_FILE = env_path("GLASSBOX_KEK_CA_FILE")
if is_of_aws(GLASSBOX_KEK_URL):
    if not aws_key_place(GLASSBOX_KEK_URL):
        raise ImproperlyConfigured(
            f"GLASSBOX_KEK_URL is {GLASSBOX_KEK_URL!r}. Name account and region, as in "
            "aws-kms://arn:aws:kms:us-west-2:111122223333; the keys in it are named by "
            "GLASSBOX_KEK_NAME."
        )
elif GLASSBOX_KEK_URL and not GLASSBOX_KEK_TOKEN_FILE:
    raise ImproperlyConfigured(
        "GLASSBOX_KEK_URL names a key service. Set GLASSBOX_KEK_TOKEN_FILE to the file with this "
        "process's token."
    )
# Where backups go (best another machine's folder), and the key that they are sealed for.
GLASSBOX_BACKUP_FOLDER = env_path("GLASSBOX_BACKUP_FOLDER")
GLASSBOX_BACKUP_PUBLIC_FILE = Path(
    env_text("GLASSBOX_BACKUP_PUBLIC_FILE", str(GLASSBOX_HOME / "backup.public.json"))
).resolve()
GLASSBOX_PACING_FOLDER = GLASSBOX_HOME / "pacing"
GLASSBOX_DEMO_PEOPLE_FILE = env_text("GLASSBOX_DEMO_PEOPLE_FILE")

# METRC. The vendor key belongs to the installation, user keys to people.
GLASSBOX_METRC_URL = env_text("GLASSBOX_METRC_URL", "http://127.0.0.1:9")
GLASSBOX_METRC_VENDOR_KEY = env_secret("GLASSBOX_METRC_VENDOR_KEY")
# METRC Connect, where webhooks are subscribed; without it METRC is read by the timetable alone.
GLASSBOX_METRC_CONNECT_URL = env_text("GLASSBOX_METRC_CONNECT_URL").rstrip("/")
METRC_TIMEOUT_SECONDS = env_float("GLASSBOX_METRC_TIMEOUT_SECONDS", 30.0)
# After a claim a worker must have begun to send by then, by the monotonic clock: a paused one that
# wakes up later sends nothing. METRC's time comes on top before anybody takes it for dead.
WRITE_BEGINS_WITHIN_SECONDS = env_float("GLASSBOX_WRITE_BEGINS_WITHIN_SECONDS", 20.0)
# METRC's published limits, and the share of them that we allow ourselves: METRC blames integrators
# for its slowness. A write without a natural key waits out the settle window.
METRC_SHARE_USED = env_float("GLASSBOX_METRC_SHARE", 0.2)
METRC_GETS_PER_SECOND_PER_FACILITY = env_int("GLASSBOX_METRC_GETS_PER_SECOND_PER_FACILITY", 50)
METRC_GETS_AT_ONCE_PER_FACILITY = env_int("GLASSBOX_METRC_GETS_AT_ONCE_PER_FACILITY", 10)
METRC_GETS_PER_SECOND_PER_VENDOR = env_int("GLASSBOX_METRC_GETS_PER_SECOND_PER_VENDOR", 150)
METRC_GETS_AT_ONCE_PER_VENDOR = env_int("GLASSBOX_METRC_GETS_AT_ONCE_PER_VENDOR", 30)
SETTLE_WINDOW_SECONDS = env_float("GLASSBOX_SETTLE_WINDOW_SECONDS", 900.0)
# A worker that has not been heard for so long is dead; its jobs go back into the queue.
WORKER_DEAD_AFTER_SECONDS = env_float("GLASSBOX_WORKER_DEAD_AFTER_SECONDS", 15.0)
SYNC_EVERY_SECONDS = env_float("GLASSBOX_SYNC_EVERY_SECONDS", 600.0)
# How long a page waits for the worker to read a few goods again before it says that they are old.
REFRESH_WAIT_SECONDS = env_float("GLASSBOX_REFRESH_WAIT_SECONDS", 8.0)
SYNC_OVERLAP_SECONDS = env_float("GLASSBOX_SYNC_OVERLAP_SECONDS", 3900.0)

# Alerts. How often the clocks of a licence are looked at, and by which doors alerts leave.
ALERTS_EVERY_SECONDS = env_float("GLASSBOX_ALERTS_EVERY_SECONDS", 60.0)
WEBHOOK_TIMEOUT_SECONDS = env_float("GLASSBOX_WEBHOOK_TIMEOUT_SECONDS", 10.0)
# Whom this installation talks to beside METRC and its database: names, or .name for all below it.
GLASSBOX_OUTSIDE_HOSTS = env_text("GLASSBOX_OUTSIDE_HOSTS").split()
# Links in mails and webhooks begin with this: the address people open Glassbox by.
GLASSBOX_PUBLIC_URL = env_text("GLASSBOX_PUBLIC_URL").rstrip("/")
# Mail goes to a server, or into files for those who want to see it; with neither it waits.
EMAIL_HOST = env_text("GLASSBOX_MAIL_HOST")
EMAIL_PORT = env_int("GLASSBOX_MAIL_PORT", 587)
EMAIL_HOST_USER = env_text("GLASSBOX_MAIL_USER")
EMAIL_HOST_PASSWORD = env_secret("GLASSBOX_MAIL_PASSWORD")
EMAIL_USE_TLS = env_bool("GLASSBOX_MAIL_TLS", True)
EMAIL_TIMEOUT = env_int("GLASSBOX_MAIL_TIMEOUT_SECONDS", 20)
EMAIL_FILE_PATH = env_text("GLASSBOX_MAIL_FOLDER")
EMAIL_BACKEND = "django.core.mail.backends." + (
    "filebased.EmailBackend" if EMAIL_FILE_PATH else "smtp.EmailBackend"
)
DEFAULT_FROM_EMAIL = env_text("GLASSBOX_MAIL_FROM", "glassbox@localhost")
# Who gets the weekly mail with the heads of the ledger beside our own people: an auditor, a lawyer.
GLASSBOX_HEADS_MAIL_TO = env_text("GLASSBOX_HEADS_MAIL_TO").split()
GLASSBOX_MAIL_IS_SET_UP = bool(EMAIL_HOST or EMAIL_FILE_PATH)

# The ledger. Where the signer keeps its key and its memory (its own machine, if it can be), where
# everybody finds its public key, and how the origins of our logs begin.
GLASSBOX_SIGNER_FOLDER = Path(
    env_text("GLASSBOX_SIGNER_FOLDER", str(GLASSBOX_HOME / "signer"))
).resolve()
GLASSBOX_LEDGER_KEY_FILE = Path(
    env_text("GLASSBOX_LEDGER_KEY_FILE", str(GLASSBOX_HOME / "ledger.vkey"))
).resolve()
_HOST = urlsplit(GLASSBOX_PUBLIC_URL).netloc or "glassbox.local"
GLASSBOX_LEDGER_ORIGIN = env_text("GLASSBOX_LEDGER_ORIGIN", f"{_HOST}/audit/{GLASSBOX_ENVIRONMENT}")

# Who holds a copy of the ledger's heads outside, and how often each is asked: a mirror's folder, a
# file of witnesses (an address and a key a line), a time stamping authority and its roots.
GLASSBOX_MIRROR_FOLDER = env_path("GLASSBOX_MIRROR_FOLDER")
GLASSBOX_WITNESSES_FILE = env_path("GLASSBOX_WITNESSES_FILE")
GLASSBOX_TIMESTAMP_URL = env_text("GLASSBOX_TIMESTAMP_URL")
GLASSBOX_TIMESTAMP_ROOTS_FILE = env_path("GLASSBOX_TIMESTAMP_ROOTS_FILE")
if GLASSBOX_TIMESTAMP_URL and not GLASSBOX_TIMESTAMP_ROOTS_FILE:
    raise ImproperlyConfigured(
        "GLASSBOX_TIMESTAMP_URL names a time stamping authority. Set GLASSBOX_TIMESTAMP_ROOTS_FILE"
        " to the PEM file of its root certificates, so that its stamps can be checked."
    )
ANCHOR_EVERY_SECONDS = env_float("GLASSBOX_ANCHOR_EVERY_SECONDS", 600.0)

SECRET_KEY = env_secret("GLASSBOX_SECRET_KEY")
if not SECRET_KEY:
    if IS_PRODUCTION:
        raise ImproperlyConfigured("Set GLASSBOX_SECRET_KEY or GLASSBOX_SECRET_KEY_FILE.")
    SECRET_KEY = "only for development and tests, where no session outlives the process"

DEBUG = False
ALLOWED_HOSTS = env_text("GLASSBOX_ALLOWED_HOSTS", "127.0.0.1 localhost [::1] testserver").split()

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    "glassbox.config.apps.GlassboxConfig",
    "glassbox.audit",
    # Before allauth: its pages are ours.
    "glassbox.web",
    "glassbox.jobs",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
]

MIDDLEWARE = [
    "glassbox.api.door.ApiDoor",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "glassbox.web.sealed_sessions.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "glassbox.web.middleware.RequestFacts",
]

ROOT_URLCONF = "glassbox.config.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "glassbox.web.pages.frame",
            ],
        },
    },
]


DATABASE_CONNECT_SECONDS = "10"


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured(
            "GLASSBOX_DATABASE_URL must be a postgresql:// address; PostgreSQL is the only engine."
        )
    user, _, places = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    # A primary and its standby: postgresql://USER@ONE:5432,OTHER:5432/NAME?target_session_attrs=...
    split = [urlsplit(f"//{place}") for place in places.split(",")]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(name),
        "PASSWORD": unquote(password),
        "HOST": ",".join(one.hostname or "" for one in split),
        "PORT": ",".join(str(one.port or 5432) for one in split),
        "ATOMIC_REQUESTS": False,
        # What the address ends in, such as ?sslmode=verify-full&sslrootcert=FILE. Left to itself,
        # libpq would wait for a machine that is away as long as the network does.
        "OPTIONS": {"connect_timeout": DATABASE_CONNECT_SECONDS, **dict(parse_qsl(parts.query))},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


# The application's own role. The others are only for the processes that bear their names.
DATABASES = {"default": _database(env_secret("GLASSBOX_DATABASE_URL", "postgresql://127.0.0.1/"))}
GLASSBOX_OWNER_DATABASE_URL = env_secret("GLASSBOX_OWNER_DATABASE_URL")
GLASSBOX_SEQUENCER_DATABASE_URL = env_secret("GLASSBOX_SEQUENCER_DATABASE_URL")
GLASSBOX_SIGNER_DATABASE_URL = env_secret("GLASSBOX_SIGNER_DATABASE_URL")
GLASSBOX_VERIFIER_DATABASE_URL = env_secret("GLASSBOX_VERIFIER_DATABASE_URL")
GLASSBOX_BACKUP_DATABASE_URL = env_secret("GLASSBOX_BACKUP_DATABASE_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "glassbox.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# OWASP's choice among what Python brings; older hashes are made anew when their owner signs in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    # Django's own 20,000, short ones mostly; nothing is asked outside.
    {"NAME": f"{_VALIDATION}CommonPasswordValidator"},
    # The 1.4 million most used of our length, and a list of the installation's own, such as all of Have I Been Pwned ordered by hash.
    {"NAME": "glassbox.web.breached.BreachedPasswordValidator"},
    {"NAME": "glassbox.web.guessable.GuessableWordsValidator"},
    {
        "NAME": f"{_VALIDATION}UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
]
GLASSBOX_BREACHED_PASSWORDS_FILE = env_path("GLASSBOX_BREACHED_PASSWORDS_FILE")
# A second factor, and a fresh one before a signature: switched off by tests and the demo alone.
MFA_IS_REQUIRED = env_bool("GLASSBOX_MFA_REQUIRED", GLASSBOX_ENVIRONMENT != "demo")
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
SESSION_ENGINE = "glassbox.web.sealed_sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# Twelve hours at most; half an hour without a sign of life ends it too (the demo's visitors stay).
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_SECONDS = env_int(
    "GLASSBOX_SESSION_IDLE_SECONDS", 0 if GLASSBOX_ENVIRONMENT == "demo" else 30 * 60
)
# With a floor PIN a session locks by itself after so long without a sign of life.
FLOOR_LOCK_SECONDS = env_int("GLASSBOX_FLOOR_LOCK_SECONDS", 5 * 60)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_PRODUCTION
if IS_PRODUCTION:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"

# What a page says once waits in the sealed session: Django's own choice is a cookie of another name.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Rate limits and used codes must hold over every process that serves pages.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entries",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
# Sign-in by django-allauth: e-mail and password, a second factor, passkeys; nobody signs up.
ACCOUNT_ADAPTER = "glassbox.web.sign_in.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
# What a device shows beside a passkey.
ACCOUNT_USER_DISPLAY = attrgetter("name")
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_SESSION_COOKIE_AGE = SESSION_COOKIE_AGE
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "mfa"]
MFA_ADAPTER = "glassbox.web.sign_in.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# A code counts half a minute early or late, and once: the mark of its use lasts over all three.
MFA_TOTP_TOLERANCE = 1
# How many proxies of ours stand before the pages: addresses further out could be invented.
ALLAUTH_TRUSTED_PROXY_COUNT = env_int("GLASSBOX_PROXY_COUNT", 0)
# A TOML file of companies' OpenID providers, by which their people may sign in instead of a password.
GLASSBOX_SINGLE_SIGN_ON_FILE = env_path("GLASSBOX_SINGLE_SIGN_ON_FILE")
# Where systemd lays what a unit is given by LoadCredential.
GLASSBOX_CREDENTIALS_FOLDER = env_path("CREDENTIALS_DIRECTORY")
# A link that lets somebody set a password.
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = IS_PRODUCTION and env_bool("GLASSBOX_TLS_REDIRECT", True)
# Only what a person opens in a browser is led to TLS; a system that calls without it is refused.
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^metrc/"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_PRODUCTION
X_FRAME_OPTIONS = "DENY"
# How many calls of the API one token has in a minute.
API_CALLS_PER_MINUTE = env_int("GLASSBOX_API_CALLS_PER_MINUTE", 600)
# How many pages, and how many files made of many rows, one person may ask for in a minute.
PAGES_PER_MINUTE = env_int("GLASSBOX_PAGES_PER_MINUTE", 600)
EXPORTS_PER_MINUTE = env_int("GLASSBOX_EXPORTS_PER_MINUTE", 30)
# ClamAV's clamd, which sees every file that is handed in: the path of its socket, or HOST:PORT.
GLASSBOX_CLAMD = env_text("GLASSBOX_CLAMD")
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "static/"
# Served straight from the package: there is no collecting step that could be forgotten.
WHITENOISE_USE_FINDERS = True
WHITENOISE_ROOT = None
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MIMETYPES = {".svg": "image/svg+xml; charset=utf-8"}
WHITENOISE_ADD_HEADERS_FUNCTION = keep_out_of_frames

LOGGING = logging_of(env_text("GLASSBOX_LOG_LEVEL", "WARNING"))
