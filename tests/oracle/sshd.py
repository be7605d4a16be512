"""An OpenSSH server of the test on loopback: a port, a host key and authorized_keys of its
own; clients reach it as "there" by an `ssh` that reads the test's configuration."""

import getpass
import os
import shutil
import socket
import subprocess
import time

SSHD = shutil.which("sshd") or "/usr/sbin/sshd"
SSH = shutil.which("ssh")
PRIVATE = "/run/sshd"  # what a server that root starts wants to be there


def why_not():
    """None where a server can be started, else the reason."""
    if not os.access(SSHD, os.X_OK):
        return "no OpenSSH server (openssh-server)"
    if not SSH:
        return "no OpenSSH client"
    return None


def write(path, text, mode=0o600):
    with open(path, "w") as out:
        out.write(text)
    os.chmod(path, mode)
    return path


class Sshd:
    """With Sshd(folder, path_of_commands) as server: server.bin goes before PATH."""

    def __init__(self, folder, commands="/usr/bin:/bin", extra=""):
        self.top = folder
        self.bin = os.path.join(folder, "client")
        os.makedirs(self.bin)
        for name in ("host", "user", "other"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                            os.path.join(folder, name)], check=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        shutil.copy(os.path.join(folder, "user.pub"), os.path.join(folder, "allowed"))
        with open(os.path.join(folder, "host.pub")) as key:
            self.host_key = " ".join(key.read().split()[:2])
        self.config = write(os.path.join(folder, "sshd_config"), f"""
Port {self.port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/allowed
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
PidFile none
MaxStartups 1000
MaxSessions 1000
SetEnv PATH={commands}
{extra}
""")
        self.know()
        self.client()
        self.made_private = False
        self.process = None

    def know(self, key=None):
        """The host key that the client believes in."""
        write(os.path.join(self.top, "known_hosts"),
              f"[127.0.0.1]:{self.port} {key or self.host_key}\n")

    def client(self, identity="user", more=""):
        """An `ssh` of the test: the system's, with a configuration of ours."""
        config = write(os.path.join(self.top, "ssh_config"), f"""
Host *
HostName 127.0.0.1
Port {self.port}
User {getpass.getuser()}
IdentityFile {self.top}/{identity}
IdentitiesOnly yes
UserKnownHostsFile {self.top}/known_hosts
GlobalKnownHostsFile /dev/null
StrictHostKeyChecking yes
{more}
""")
        write(os.path.join(self.bin, "ssh"),
              f'#!/bin/sh\nexec {SSH} -F {config} "$@"\n', 0o755)

    def __enter__(self):
        if os.geteuid() == 0 and not os.path.isdir(PRIVATE):
            os.mkdir(PRIVATE, 0o755)
            self.made_private = True
        self.log = open(os.path.join(self.top, "sshd.log"), "w")
        self.process = subprocess.Popen([SSHD, "-D", "-e", "-f", self.config],
                                        stdout=self.log, stderr=self.log)
        until = time.monotonic() + 10
        while time.monotonic() < until and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        self.__exit__()
        with open(os.path.join(self.top, "sshd.log")) as log:
            raise RuntimeError("sshd did not start: " + log.read()[-300:])

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()
        if self.made_private:
            os.rmdir(PRIVATE)
