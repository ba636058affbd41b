#!/usr/bin/env python3
"""Writes the sample log beside this file: dpkg.log, dpkg.log.1 and dpkg.log.2.gz, always the same.

For machines that have no log of their own. Invented, in the order in which dpkg writes its lines:
a small web server over five weeks, with its installation, upgrades, questions about configuration
files, a removal, a purge, and a package whose configuration fails and is not repaired.
"""
import datetime
import gzip
import pathlib

HERE = pathlib.Path(__file__).parent


class Log:
    def __init__(self):
        self.lines = []
        self.now = None

    def session(self, when):
        self.now = datetime.datetime.fromisoformat(when)

    def write(self, text, seconds=0):
        self.now += datetime.timedelta(seconds=seconds)
        self.lines.append(f"{self.now:%Y-%m-%d %H:%M:%S} {text}")

    def status(self, state, package, version):
        self.write(f"status {state} {package} {version}")

    def install(self, package, version):
        self.write(f"install {package} <none> {version}", seconds=1)
        self.status("half-installed", package, version)
        self.status("unpacked", package, version)

    def upgrade(self, package, old, new):
        self.write(f"upgrade {package} {old} {new}", seconds=1)
        self.status("half-configured", package, old)
        self.status("unpacked", package, old)
        self.status("half-installed", package, old)
        self.status("unpacked", package, new)

    def configure(self, package, version, conffiles=(), fails=False):
        self.write(f"configure {package} {version} <none>", seconds=1)
        self.status("unpacked", package, version)
        for path, decision in conffiles:
            self.write(f"conffile {path} {decision}", seconds=21)
        self.status("half-configured", package, version)
        if not fails:
            self.status("installed", package, version)

    def trigger(self, package, version):
        self.write(f"trigproc {package} {version} <none>", seconds=1)
        self.status("half-configured", package, version)
        self.status("installed", package, version)

    def remove(self, package, version, purge=False):
        self.write("startup packages remove")
        self.status("installed", package, version)
        self.write(f"remove {package} {version} <none>", seconds=1)
        self.status("half-configured", package, version)
        self.status("half-installed", package, version)
        self.status("config-files", package, version)
        if purge:
            self.write(f"purge {package} {version} <none>", seconds=1)
            self.status("config-files", package, version)
            self.status("not-installed", package, "<none>")

    def run_install(self, packages):
        self.write("startup archives unpack")
        for package, version in packages:
            self.install(package, version)
        self.write("startup packages configure", seconds=1)
        for package, version in packages:
            self.configure(package, version)

    def run_upgrade(self, packages, conffiles=None, triggers=()):
        self.write("startup archives unpack")
        for package, old, new in packages:
            self.upgrade(package, old, new)
        self.write("startup packages configure", seconds=1)
        for package, _, new in packages:
            self.configure(package, new, (conffiles or {}).get(package, ()))
        for package, version in triggers:
            self.trigger(package, version)


WEB = [("libssl3:amd64", "3.0.15-1~deb12u1"), ("libpcre2-8-0:amd64", "10.42-1"),
       ("iproute2:amd64", "6.1.0-3"), ("nginx-common:all", "1.22.1-9"),
       ("nginx:amd64", "1.22.1-9"), ("openssh-server:amd64", "1:9.2p1-2+deb12u3"),
       ("curl:amd64", "7.88.1-10+deb12u8"), ("libcurl4:amd64", "7.88.1-10+deb12u8"),
       ("postgresql-15:amd64", "15.10-0+deb12u1"), ("exim4-base:amd64", "4.96-15+deb12u6"),
       ("exim4-daemon-light:amd64", "4.96-15+deb12u6"), ("vim:amd64", "2:9.0.1378-2")]


def older(log):
    """The machine is set up, and gets its first upgrades."""
    log.session("2026-03-02 09:14:03")
    log.run_install(WEB)
    log.trigger("libc-bin:amd64", "2.36-9+deb12u9")
    log.session("2026-03-02 13:40:11")
    log.run_install([("certbot:all", "2.1.0-4"), ("python3-certbot:all", "2.1.0-4")])
    log.session("2026-03-09 06:25:07")
    log.run_upgrade([("libssl3:amd64", "3.0.15-1~deb12u1", "3.0.16-1~deb12u1"),
                     ("curl:amd64", "7.88.1-10+deb12u8", "7.88.1-10+deb12u9"),
                     ("libcurl4:amd64", "7.88.1-10+deb12u8", "7.88.1-10+deb12u9")],
                    triggers=[("libc-bin:amd64", "2.36-9+deb12u9")])


def middle(log):
    """Questions about configuration files; the mail server is not needed after all."""
    log.session("2026-03-12 17:02:30")
    log.run_upgrade([("openssh-server:amd64", "1:9.2p1-2+deb12u3", "1:9.2p1-2+deb12u5"),
                     ("nginx-common:all", "1.22.1-9", "1.22.1-9+deb12u1"),
                     ("nginx:amd64", "1.22.1-9", "1.22.1-9+deb12u1")],
                    conffiles={"openssh-server:amd64": [("/etc/ssh/sshd_config", "keep")],
                               "nginx-common:all": [("/etc/nginx/nginx.conf", "keep"),
                                                    ("/etc/nginx/mime.types", "install")]})
    log.session("2026-03-12 17:20:00")
    log.remove("exim4-daemon-light:amd64", "4.96-15+deb12u6")
    log.remove("exim4-base:amd64", "4.96-15+deb12u6", purge=True)
    log.session("2026-03-23 06:25:10")
    log.run_upgrade([("libssl3:amd64", "3.0.16-1~deb12u1", "3.0.17-1~deb12u1"),
                     ("vim:amd64", "2:9.0.1378-2", "2:9.0.1378-2+deb12u2")])


def latest(log):
    """A database whose configuration fails."""
    log.session("2026-04-01 06:25:04")
    log.run_upgrade([("curl:amd64", "7.88.1-10+deb12u9", "7.88.1-10+deb12u12"),
                     ("libcurl4:amd64", "7.88.1-10+deb12u9", "7.88.1-10+deb12u12"),
                     ("libssl3:amd64", "3.0.17-1~deb12u1", "3.0.17-1~deb12u2")],
                    triggers=[("libc-bin:amd64", "2.36-9+deb12u9")])
    log.session("2026-04-06 08:55:41")
    log.write("startup archives unpack")
    log.upgrade("postgresql-15:amd64", "15.10-0+deb12u1", "15.12-0+deb12u2")
    log.install("postgresql-15-pgvector:amd64", "0.4.4-1")
    log.write("startup packages configure", seconds=2)
    log.configure("postgresql-15:amd64", "15.12-0+deb12u2", fails=True)
    log.session("2026-04-06 09:01:12")
    log.write("startup packages configure")
    log.configure("postgresql-15:amd64", "15.12-0+deb12u2", fails=True)
    log.session("2026-04-06 15:31:27")
    log.run_upgrade([("nginx-common:all", "1.22.1-9+deb12u1", "1.22.1-9+deb12u2"),
                     ("nginx:amd64", "1.22.1-9+deb12u1", "1.22.1-9+deb12u2")],
                    conffiles={"nginx-common:all": [("/etc/nginx/nginx.conf", "keep")]})


def text_of(tell):
    log = Log()
    tell(log)
    return "".join(line + "\n" for line in log.lines)


def main():
    (HERE / "dpkg.log").write_text(text_of(latest), encoding="ascii")
    (HERE / "dpkg.log.1").write_text(text_of(middle), encoding="ascii")
    packed = gzip.compress(text_of(older).encode("ascii"), mtime=0)
    (HERE / "dpkg.log.2.gz").write_bytes(packed)


if __name__ == "__main__":
    main()
