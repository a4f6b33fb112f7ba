"""The server's settings: a laptop's, not a database machine's. Rewritten at start; your own go in `local.conf`."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SETTINGS: Final[Mapping[str, str]] = {
    # Reached by its socket alone: no port to find, nothing to collide with.
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0600",
    "max_connections": "60",
    # The superuser has no password and cannot sign in, so nothing is kept for it.
    "superuser_reserved_connections": "0",
    "password_encryption": "scram-sha-256",
    # Memory and processes.
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "huge_pages": "off",
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "max_parallel_workers_per_gather": "1",
    "max_logical_replication_workers": "0",
    "io_method": "sync",
    # Short statements: compiling them costs more than it saves.
    "jit": "off",
    "random_page_cost": "1.1",
    # Durability: what is acknowledged is on disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "max_wal_senders": "2",
    "max_replication_slots": "2",
    "wal_compression": "on",
    "wal_buffers": "8MB",
    "min_wal_size": "80MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "autovacuum_max_workers": "2",
    "autovacuum_naptime": "30s",
    # A forgotten transaction must not hold back the event log's readers nor vacuum.
    "idle_in_transaction_session_timeout": "60s",
    "client_connection_check_interval": "10s",
    # A week of files, overwritten in turn. No values of statements and no DETAIL lines: they would hold personal data.
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_file_mode": "0600",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_line_prefix": "%m [%p] ",
    "log_min_duration_statement": "2s",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    "log_timezone": "UTC",
    # Sameness everywhere.
    "timezone": "UTC",
    "datestyle": "iso, ymd",
    "lc_messages": "C",
    "default_text_search_config": "pg_catalog.simple",
}

DISPOSABLE: Final[Mapping[str, str]] = {
    # For tests only: a crash of the machine loses the data.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "120",
    "max_wal_size": "2GB",
    "log_min_duration_statement": "-1",
    # Its workers belong to the superuser, and DROP DATABASE … WITH (FORCE) may not end them.
    "autovacuum": "off",
}

ACCESS: Final = "# Written by Qiao at every start.\nlocal all all scram-sha-256\n"


def quoted(text: str) -> str:
    """A literal of postgresql.conf and of SQL."""
    return "'" + text.replace("'", "''") + "'"


def render(*, socket_folder: Path, log_folder: Path, name: str, settings: Mapping[str, str]) -> str:
    """The whole postgresql.conf."""
    values = {
        **SETTINGS,
        "unix_socket_directories": '"' + str(socket_folder) + '"',
        "log_directory": str(log_folder),
        "cluster_name": name,
        **settings,
    }
    lines = [f"{key} = {quoted(value)}" for key, value in values.items()]
    head = "# Written by Qiao at every start. Put your own settings in local.conf beside this file."
    return "\n".join([head, *lines, "include_if_exists = 'local.conf'", ""])


def new_password() -> str:
    """Long enough that nobody guesses it, plain enough for every file and URL."""
    return secrets.token_urlsafe(32)
