"""A real S3 server for tests (tests/s3/server), and the aws command line as a second witness of what lies in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from .program import REPO

SCRIPT = REPO / "tests" / "s3" / "server"


class S3Server:
    """versitygw over a folder, with one bucket that keeps versions."""

    def __init__(self, folder: Path, bucket: str = "gleaner-archive") -> None:
        self.folder, self.bucket = folder, bucket
        # The first start builds the server.
        started = subprocess.run(
            [SCRIPT, "start", folder], check=True, text=True, capture_output=True, timeout=1200
        )
        self.endpoint, self.access_key, self.secret_key = started.stdout.split()
        self.aws("s3api", "create-bucket", "--bucket", bucket)

    def stop(self) -> None:
        subprocess.run([SCRIPT, "stop", self.folder], check=True, capture_output=True)

    def restart(self) -> None:
        """On the same port."""
        subprocess.run([SCRIPT, "restart", self.folder], check=True, capture_output=True)

    def end(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, **others: str) -> dict[str, str]:
        """What the program is told of it, by the names of earlier collectors."""
        return {
            "S3_ENDPOINT": self.endpoint,
            "S3_BUCKET_NAME": self.bucket,
            "S3_ACCESS_KEY": self.access_key,
            "S3_SECRET_KEY": self.secret_key,
            "S3_REGION": "us-east-1",
            **others,
        }

    def aws(self, *arguments: str | Path) -> str:
        """What `aws ARGUMENTS` prints. Missing is an error, never a skip."""
        env = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_PAGER": "",
        }
        command = ["aws", "--endpoint-url", self.endpoint, *map(str, arguments)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise AssertionError(f"aws {' '.join(map(str, arguments))}: {done.returncode}: {done.stderr}")
        return done.stdout

    def keep_versions(self) -> None:
        self.aws(
            *("s3api", "put-bucket-versioning", "--bucket", self.bucket),
            *("--versioning-configuration", "Status=Enabled"),
        )

    def keys(self) -> list[str]:
        """As the aws command line lists them."""
        listed: Any = json.loads(
            self.aws("s3api", "list-objects-v2", "--bucket", self.bucket, "--output", "json") or "{}"
        )
        return sorted(entry["Key"] for entry in listed.get("Contents") or [])

    def fetch(self, key: str) -> bytes:
        """As the aws command line reads it."""
        target = self.folder / "fetched"
        self.aws("s3", "cp", f"s3://{self.bucket}/{key}", target)
        return target.read_bytes()

    def path(self, key: str) -> Path:
        """Where the server keeps the object's bytes."""
        return self.folder / "data" / self.bucket / key

    def every_byte(self) -> list[tuple[str, bytes]]:
        """(file, bytes) of all that the server keeps, versions too."""
        files = (path for name in ("data", "versions") for path in (self.folder / name).rglob("*"))
        return [(str(path.relative_to(self.folder)), path.read_bytes()) for path in files if path.is_file()]
