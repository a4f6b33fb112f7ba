"""Real mail servers on loopback: Dovecot and Exim from Debian, in a folder of their own, as whoever runs the tests.

Root runs them as `nobody`: neither likes to work as root. Customers write without signing in, the company signs in.
"""

import base64
import grp
import mailbox
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path

PASSWORD = "s3cret"
JWT_KEY = b"0123456789abcdef0123456789abcdef"
"""What the tokens of a provider are signed with, as Dovecot checks them."""
MISSING = [name for name in ("dovecot", "exim4") if not (shutil.which(name) or Path(f"/usr/sbin/{name}").exists())]

_DOVECOT = """
base_dir = {root}/run
state_dir = {root}/run
log_path = {root}/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
mail_max_userip_connections = 500
mail_location = maildir:{root}/mail/%n
first_valid_uid = 1
ssl = yes
ssl_cert = <{root}/cert.pem
ssl_key = <{root}/key.pem
ssl_dh =
namespace inbox {{
  inbox = yes
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {root}/oauth2.conf
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/home/%n
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
"""

_OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={root}/keys/
username_attribute = email
"""

_EXIM = """
exim_path = {root}/exim
exim_user = {user}
exim_group = {group}
spool_directory = {root}/spool
log_file_path = {root}/exim-%slog
pid_file_path = {root}/exim.pid
primary_hostname = mail.shop.test
qualify_domain = shop.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = {smtp}
deliver_drop_privilege
never_users =
host_lookup =
rfc1413_query_timeout = 0s
ignore_bounce_errors_after = 0s
message_size_limit = 3M
tls_certificate = {root}/cert.pem
tls_privatekey = {root}/key.pem
smtp_accept_max = 200
smtp_accept_max_per_host = 200
keep_environment =
queue_only = false
acl_smtp_rcpt = rcpt
acl_smtp_data = data
domainlist here = shop.test : home.test

begin acl
rcpt:
  deny    local_parts = refused
          message = no such mailbox here
  defer   local_parts = later
          message = come back later
  accept  domains = +here
  deny    message = relay not permitted
data:
  deny    condition = ${{if match{{$h_subject:}}{{BUY NOW}}}}
          message = this looks like spam
  accept

begin routers
gone:
  driver = redirect
  domains = +here
  local_parts = gone
  allow_fail
  data = :fail: there is nobody of this name
people:
  driver = accept
  domains = +here
  local_parts = lsearch;{root}/people
  local_part_suffix = +*
  local_part_suffix_optional
  transport = maildirs

begin transports
maildirs:
  driver = appendfile
  directory = {root}/mail/$local_part_data
  maildir_format
  create_directory
  delivery_date_add
  envelope_to_add
  return_path_add

begin retry
* * F,1h,15m

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if eq{{$auth3}}{{{password}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if eq{{$auth2}}{{{password}}}}}
  server_set_id = $auth1
"""


class MailServers:
    """Two running servers. Everybody's mailbox is their name; every password is PASSWORD."""

    def __init__(self, root: Path, ports: list[int]):
        self.root = root
        self.imap, self.imaps, self.smtp = ports

    def settings(self, name: str = "support", **more: object) -> dict[str, object]:
        """What an inbox for this mailbox is told, less its password."""
        return {
            "address": f"{name}@shop.test",
            "imap_host": "127.0.0.1",
            "imap_port": self.imap,
            "imap_security": "none",
            "smtp_host": "127.0.0.1",
            "smtp_port": self.smtp,
            "smtp_security": "none",
            "poll_seconds": 10,
            **more,
        }

    def send(self, mail: EmailMessage | bytes, to: str = "support@shop.test", sender: str = "li@home.test") -> None:
        """A customer's program hands a mail to the server."""
        with smtplib.SMTP("127.0.0.1", self.smtp, local_hostname="home.test") as client:
            raw = mail if isinstance(mail, bytes) else mail.as_bytes()
            client.sendmail(sender, [to], raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))

    def put(self, name: str, raw: bytes) -> None:
        """Puts a mail straight into a mailbox, as broken as it is."""
        folder = self.root / "mail" / name
        for part in ("cur", "new", "tmp"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        label = f"{time.time_ns()}.M1.test"
        place = folder / "tmp" / label
        place.write_bytes(raw)
        place.rename(folder / "new" / label)
        self.give(folder)

    def give(self, folder: Path) -> None:
        """Makes what a test has put there the servers' own."""
        _give(folder, self.uid, self.gid)

    def mails(self, name: str) -> list[bytes]:
        """What lies in a mailbox, oldest first."""
        folder = self.root / "mail" / name
        found = sorted([*folder.glob("new/*"), *folder.glob("cur/*")], key=lambda path: path.stat().st_mtime_ns)
        return [path.read_bytes() for path in found]

    def folder(self, name: str, folder: str) -> list[bytes]:
        path = self.root / "mail" / name / f".{folder}"
        return [bytes(one) for one in mailbox.Maildir(path, create=False)] if path.exists() else []

    uid = os.getuid()
    gid = os.getgid()


@contextmanager
def mail_servers() -> Iterator[MailServers]:
    """Starts both, and ends them."""
    fast = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(prefix="qiao-mail-", dir=fast if os.access(fast, os.W_OK) else None))
    person = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    ports = _free_ports(3)
    servers = MailServers(root, ports)
    servers.uid, servers.gid = person.pw_uid, person.pw_gid
    words = {
        "root": root,
        "user": person.pw_name,
        "group": grp.getgrgid(person.pw_gid).gr_name,
        "uid": person.pw_uid,
        "gid": person.pw_gid,
        "password": PASSWORD,
        "imap": ports[0],
        "imaps": ports[1],
        "smtp": ports[2],
    }
    _certificate(root)
    for folder in ("run", "mail", "home", "spool", "keys/default/HS256"):
        (root / folder).mkdir(parents=True)
    (root / "dovecot.conf").write_text(_DOVECOT.format(**words))
    (root / "oauth2.conf").write_text(_OAUTH2.format(**words))
    (root / "keys/default/HS256/default").write_bytes(base64.b64encode(JWT_KEY))
    (root / "exim.conf").write_text(_EXIM.format(**words))
    (root / "people").touch()
    # A copy without the set-uid bit works as whoever starts it.
    shutil.copyfile(shutil.which("exim4") or "/usr/sbin/exim4", root / "exim")
    (root / "exim").chmod(0o755)
    _give(root, person.pw_uid, person.pw_gid)
    as_person = {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []} if os.getuid() == 0 else {}
    commands = (
        [shutil.which("dovecot") or "/usr/sbin/dovecot", "-F", "-c", str(root / "dovecot.conf")],
        [str(root / "exim"), "-C", str(root / "exim.conf"), "-bdf", "-q30m"],
    )
    log = (root / "output.log").open("wb")
    running = [
        subprocess.Popen(command, stdout=log, stderr=log, cwd=root, start_new_session=True, **as_person)  # type: ignore[call-overload]  # options by name
        for command in commands
    ]
    try:
        for port in (ports[0], ports[2]):
            _wait_for(port, root)
        yield servers
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
        log.close()
        shutil.rmtree(root, ignore_errors=True)


def add_people(servers: MailServers, *names: str) -> None:
    """Gives people a mailbox."""
    with (servers.root / "people").open("a") as people:
        for name in names:
            people.write(f"{name}: {name}\n")


def _give(root: Path, uid: int, gid: int) -> None:
    if os.getuid() == 0:
        for path in (root, *root.rglob("*")):
            with suppress(FileNotFoundError):  # the server may move what lies in a mailbox already
                os.chown(path, uid, gid, follow_symlinks=False)


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


def _wait_for(port: int, root: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as found:
                found.settimeout(2)
                if found.recv(10):
                    return
        except OSError:
            pass
        if time.monotonic() > until:
            said = "\n".join(path.read_text(errors="replace")[-2000:] for path in root.glob("*log"))
            raise RuntimeError(f"a mail server does not start:\n{said}")
        time.sleep(0.02)


def _certificate(root: Path) -> None:
    """A certificate that nobody has signed but itself."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (root / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (root / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
