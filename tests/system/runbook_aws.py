#!/usr/bin/env python3
"""The runbook of AWS VM Import (AWS-1 to AWS-10): its one script of seven steps, run by the
real aws command against a service of our own on the loopback address."""
import base64
import hashlib
import http.server
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.parse
from xml.sax.saxutils import escape

BUILD = os.environ.get("BUILD", "build")
KEY = "a b;$x.vhdx"
SIZE = 11000000
PAGE = 1000
AWS = next((p for p in ("/usr/bin/aws", shutil.which("aws") or "") if os.path.exists(p)), None)
failed = 0


def check(name, condition, why=""):
    global failed
    if condition:
        print("ok", name, flush=True)
    else:
        failed += 1
        print("FAIL %s: %s" % (name, str(why)[:800].replace("\n", " | ")), flush=True)


# ---- the service -----------------------------------------------------------------------

class Service:
    """Multipart uploads, objects, and import tasks by their client token."""

    def __init__(self):
        self.uploads, self.objects, self.tasks = {}, {}, {}
        self.instances = {}
        self.log, self.resent, self.problems = [], [], []
        self.regions = set()
        self.made = self.changes = 0
        self.kill_at, self.on_kill = None, None
        self.lock = threading.Lock()

    def create(self, key, headers):
        self.made += 1
        name = "upload-%d" % self.made
        self.uploads[name] = {"key": key, "md5": headers.get("x-amz-meta-md5"), "parts": {}}
        return "<InitiateMultipartUploadResult><UploadId>%s</UploadId>" \
            "</InitiateMultipartUploadResult>" % name

    def put_part(self, upload, number, body, headers):
        parts = self.uploads[upload]["parts"]
        if number in parts:
            self.resent.append(number)
        digest = hashlib.md5(body)
        if headers.get("Content-MD5") != base64.b64encode(digest.digest()).decode():
            self.problems.append("part %d: Content-MD5 %r" %
                                 (number, headers.get("Content-MD5")))
        parts[number] = (len(body), digest.hexdigest())
        return digest.hexdigest()

    def list_parts(self, upload, after):
        parts = self.uploads[upload]["parts"]
        wanted = sorted(n for n in parts if n > after)
        page = wanted[:PAGE]
        rows = "".join("<Part><PartNumber>%d</PartNumber><Size>%d</Size><ETag>&quot;%s&quot;"
                       "</ETag></Part>" % (n, parts[n][0], parts[n][1]) for n in page)
        return "<ListPartsResult><IsTruncated>%s</IsTruncated><NextPartNumberMarker>%d" \
            "</NextPartNumberMarker>%s</ListPartsResult>" % (
                "true" if len(wanted) > PAGE else "false", page[-1] if page else 0, rows)

    def list_uploads(self, prefix):
        rows = "".join("<Upload><Key>%s</Key><UploadId>%s</UploadId></Upload>" %
                       (escape(u["key"]), name) for name, u in self.uploads.items()
                       if u["key"].startswith(prefix))
        return "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>%s" \
            "</ListMultipartUploadsResult>" % rows

    def complete(self, upload, body):
        got = self.uploads.pop(upload)
        numbers = [int(n) for n in re.findall(r"<PartNumber>(\d+)</PartNumber>", body)]
        tags = re.findall(r"<ETag>(?:&quot;|&#34;|\")(\w+)(?:&quot;|&#34;|\")</ETag>", body)
        wanted = sorted(got["parts"])
        if numbers != wanted or tags != [got["parts"][n][1] for n in wanted]:
            self.problems.append("complete: %r %r" % (numbers[:5], tags[:5]))
        self.objects[got["key"]] = (sum(p[0] for p in got["parts"].values()), got["md5"])
        return "<CompleteMultipartUploadResult><ETag>&quot;x-%d&quot;</ETag>" \
            "</CompleteMultipartUploadResult>" % len(wanted)

    def compute(self, body):
        values = {k: v[0] for k, v in urllib.parse.parse_qs(body).items()}
        if values["Action"] == "ImportImage":
            self.tasks.setdefault(values.get("ClientToken"), values)
            return True, "<ImportImageResponse><importTaskId>import-ami-1</importTaskId>" \
                "</ImportImageResponse>"
        if values["Action"] == "RunInstances":
            one = "<item><instanceId>i-1</instanceId></item>"
            self.instances.setdefault(values.get("ClientToken"), values)
            return True, "<RunInstancesResponse><instancesSet>%s</instancesSet>" \
                "</RunInstancesResponse>" % one
        if values["Action"] == "DescribeInstanceStatus":
            return False, "<DescribeInstanceStatusResponse><instanceStatusSet><item>" \
                "<instanceId>i-1</instanceId><instanceStatus><status>ok</status>" \
                "</instanceStatus></item></instanceStatusSet></DescribeInstanceStatusResponse>"
        if values["Action"] == "DescribeInstances":
            return False, "<DescribeInstancesResponse><reservationSet><item><instancesSet>" \
                "<item><instanceId>i-1</instanceId></item></instancesSet></item>" \
                "</reservationSet></DescribeInstancesResponse>"
        if values["Action"] == "DescribeInstanceTypes":
            rows = "".join("<item>%s</item>" % a for a in ("i386", "x86_64"))
            return False, "<DescribeInstanceTypesResponse><instanceTypeSet><item>" \
                "<vCpuInfo><defaultVCpus>2</defaultVCpus></vCpuInfo><memoryInfo><sizeInMiB>" \
                "4096</sizeInMiB></memoryInfo><processorInfo><supportedArchitectures>%s" \
                "</supportedArchitectures></processorInfo></item></instanceTypeSet>" \
                "</DescribeInstanceTypesResponse>" % rows
        return False, "<DescribeImportImageTasksResponse><importImageTaskSet><item>" \
            "<importTaskId>import-ami-1</importTaskId><status>completed</status>" \
            "<imageId>ami-1</imageId></item></importImageTaskSet>" \
            "</DescribeImportImageTasksResponse>"

    def answer(self, method, path, query, body, headers):
        """What it was, whether it changed anything, the text (None: not there), headers."""
        key = urllib.parse.unquote(path.split("/", 2)[2]) if path.count("/") > 1 else ""
        if method == "POST" and not key:
            changes, text = self.compute(body.decode())
            return "ec2", changes, text, {}
        if "uploads" in query and method == "GET":
            return "list-uploads", False, self.list_uploads(query.get("prefix", "")), {}
        if "uploads" in query:
            return "create", True, self.create(key, headers), {}
        if method == "HEAD":
            size, md5 = self.objects.get(key, (None, None))
            return "head", False, None if size is None else "", {} if size is None else {
                "Content-Length": str(size), "x-amz-meta-md5": md5}
        upload = query.get("uploadId")
        if upload not in self.uploads:
            return "gone", False, None, {}
        if method == "PUT":
            tag = self.put_part(upload, int(query["partNumber"]), body, headers)
            return "part", True, "", {"ETag": '"%s"' % tag}
        if method == "GET":
            after = int(query.get("part-number-marker", 0))
            return "list-parts", False, self.list_parts(upload, after), {}
        if method == "DELETE":
            del self.uploads[upload]
            return "abort", True, "", {}
        return "complete", True, self.complete(upload, body.decode()), {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service = None

    def log_message(self, *words):
        pass

    def handle_any(self):
        service = self.service
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        split = urllib.parse.urlsplit(self.path)
        query = {k: v[0] for k, v in
                 urllib.parse.parse_qs(split.query, keep_blank_values=True).items()}
        with service.lock:
            what, changes, text, extra = service.answer(self.command, split.path, query,
                                                        body, self.headers)
            service.log.append(what)
            scope = self.headers.get("Authorization", "").split("Credential=")[-1]
            service.regions.add(scope.split("/")[2] if scope.count("/") > 3 else scope)
            service.changes += changes
            kills = changes and service.kill_at == service.changes
        data = ("<Error><Code>NoSuchUpload</Code><Message>no</Message></Error>"
                if text is None else text).encode()
        self.send_response(404 if text is None else 200)
        for name, value in extra.items():
            self.send_header(name, value)
        if "Content-Length" not in extra:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
        self.wfile.flush()
        if kills:
            service.on_kill()

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any


class Quiet(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # a client that was killed


def serve():
    service = Service()
    handler = type("Bound", (Handler,), {"service": service})
    server = Quiet(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return service, server


# ---- the runbook -----------------------------------------------------------------------

MACHINE = {
    "schema": "headroom/machine/1", "name": "OLD1", "kind": "vm", "hypervisor": "hyper-v",
    "os": {"name": "Windows Server 2003 R2 Standard x64", "version": "5.2.3790",
           "service_pack": "Service Pack 2", "bits": 64},
    "general": {"firmware": "bios", "cores": 2, "threads": 2, "memory_bytes": 4 << 30},
    "storage": {"disks": [{"device": "\\device\\harddisk0", "bytes": 40 << 30,
                           "style": "mbr", "bus": "ide"}], "snapshots": 0},
    "network": [{"name": "LAN", "mac": "00:15:5d:00:00:01", "dhcp": True, "primary": True}],
}


def runbook(name, machine, port, *words, day="2025-01-01"):
    path = os.path.join(work, name + ".json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(machine, file)
    out = os.path.join(work, name)
    given = []
    for word in ("region=eu-central-1", "bucket=example-images", "part_mib=5",
                 "image=" + image, "endpoint=http://127.0.0.1:%d" % port, *words):
        given += ["--set", word]
    done = subprocess.run([os.path.join(BUILD, "analyze"), "runbook", path, "--target",
                           "aws-vm-import", "-o", out, "--as-of", day, *given],
                          capture_output=True, text=True, timeout=60)
    if done.returncode == 0:
        os.mkdir(os.path.join(out, "done"))
        with open(os.path.join(out, "done", "25-check-aws.sh"), "w", encoding="ascii"):
            pass  # its questions to STS and IAM are not part of this service
    return out, done


def environment():
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    env.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="y", AWS_CONFIG_FILE="/dev/null",
               AWS_SHARED_CREDENTIALS_FILE="/dev/null", AWS_EC2_METADATA_DISABLED="true",
               HEADROOM_PAUSE="0", PATH=os.path.dirname(AWS) + ":/usr/bin:/bin")
    return env


def start(folder, script):
    return subprocess.Popen(["bash", os.path.join(folder, script)], env=environment(),
                            start_new_session=True, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def run(folder, script):
    process = start(folder, script)
    return process.communicate(timeout=300)[0], process.returncode


def read(*names):
    with open(os.path.join(*names), encoding="utf-8") as file:
        return file.read()


# ---- what is tested without the aws command --------------------------------------------

def the_table_of_parts(folder):
    script = read(folder, "30-import.sh")
    function = script[script.index("parts_of() {"):]
    function = function[:function.index("\n}\n") + 3]
    wanted = {1: (512, 1), 2 ** 31: (512, 4), 2 ** 31 + 1: (512, 5),
              5368709120000: (512, 10000), 5368709120001: (513, 9981),
              16 << 40: (1678, 9999)}
    for size, (mib, count) in wanted.items():
        done = subprocess.run(["bash", "-c", "part_mib=512\n%s\nparts_of %d" %
                               (function, size)], capture_output=True, text=True, timeout=20)
        check("AWS-4 %d bytes are %d parts of %d MiB" % (size, count, mib),
              done.stdout.split() == [str(mib), str(count)], done.stdout + done.stderr)


def the_page(folder):
    readme = " ".join(read(folder, "README.md").split())
    check("AWS-2 the list of today is looked at first, with the day of our rules",
          "1. Check the current list" in readme and "rules of `2025-01-01`" in readme)
    places = [readme.find(t) for t in (
        "1. MD5 of the image", "2. split: parts of 5 MiB", "3. create-multipart-upload",
        "4. upload-part", "5. the list of the parts as JSON", "6. complete-multipart-upload",
        "7. import-image")]
    check("AWS-3 to AWS-9 seven steps in their order", -1 not in places and
          places == sorted(places), places)
    check("AWS-9 then an instance is launched, of a family that 2003 runs on",
          "ec2 run-instances" in read(folder, "50-launch.sh") and
          "type='t2.medium'" in read(folder, "50-launch.sh"))
    check("the source is made to take its address by DHCP when nobody works with it",
          readme.index("Stop the applications**") < readme.index("Set the adapter to DHCP") <
          readme.index("Shut the source down**"))
    steps = json.loads(read(folder, "steps.json"))["steps"]
    check("an abort of uploads is no step of the sequence",
          [s["number"] for s in steps if s["id"] == "aws-abort"] == [None])
    for name in ("trust-policy.json", "steps.json"):
        json.loads(read(folder, name))
    if shutil.which("shellcheck"):
        done = subprocess.run(["shellcheck", *(os.path.join(folder, n)
                                               for n in os.listdir(folder)
                                               if n.endswith(".sh"))],
                              capture_output=True, text=True, timeout=60)
        check("shell scripts pass shellcheck", done.returncode == 0, done.stdout)
    else:
        print("SKIP shell scripts pass shellcheck: shellcheck is not installed")


def refused(port):
    physical = dict(MACHINE, kind="physical")
    folder, done = runbook("physical", physical, port)
    check("AWS-1 an image of a physical machine is refused, nothing is written",
          done.returncode == 1 and "IMP-P2V" in done.stdout + done.stderr and
          not os.path.exists(folder), done.stdout + done.stderr)
    folder, done = runbook("bare", MACHINE, port, "part_mib=4")
    check("parts under 5 MiB are refused", done.returncode != 0 and "part_mib" in
          done.stderr and not os.path.exists(folder), done.stderr)


# ---- and with it -----------------------------------------------------------------------

def md5_of(path):
    with open(path, "rb") as file:
        return base64.b64encode(hashlib.md5(file.read()).digest()).decode()


def killed_after_each_change(folder, service, endpoint):
    """Each run ends by a kill right after the service has acknowledged one change more."""
    runs = 0
    while runs < 12:
        runs += 1
        service.kill_at = service.changes + 1 if service.changes < 6 else None
        process = start(folder, "30-import.sh")
        service.on_kill = lambda p=process: os.killpg(p.pid, signal.SIGKILL)
        text = process.communicate(timeout=300)[0]
        if process.returncode == 0:
            break
    check("killed after every change that was acknowledged, it comes to its end",
          process.returncode == 0 and runs == 7, "%d runs: %s" % (runs, text))
    check("no part that was acknowledged was sent again", not service.resent and
          service.log.count("part") == 3 and service.log.count("create") == 1, service.log)
    check("AWS-6 each part with its number and its right MD5", not service.problems,
          service.problems)
    check("AWS-3 AWS-5 the object has the image's size and its MD5 as metadata",
          service.objects == {KEY: (SIZE, md5_of(image))}, service.objects)
    parts = json.loads(read(folder, "state", "0", "parts.json"))["Parts"]
    check("AWS-7 the list of the parts is JSON, in order, with ETag and PartNumber",
          [p["PartNumber"] for p in parts] == [1, 2, 3] and
          all(re.fullmatch(r'"\w{32}"', p["ETag"]) for p in parts), parts)
    check("AWS-10 the ETags have their quotes within quotes", '"ETag":"\\"' in
          read(folder, "state", "0", "parts.json"))
    check("AWS-10 each request, the import too, names its region",
          service.regions == {"eu-central-1"}, service.regions)
    check("AWS-8 it was completed once, after all of its parts",
          service.log.count("complete") == 1 and
          service.log.index("complete") > service.log.index("part"), service.log)
    tasks = list(service.tasks.values())
    check("AWS-9 one import, in the format of the name, from bucket and key",
          len(tasks) == 1 and tasks[0]["DiskContainer.1.Format"] == "vhdx" and
          tasks[0]["DiskContainer.1.UserBucket.S3Key"] == KEY and
          tasks[0]["DiskContainer.1.UserBucket.S3Bucket"] == "example-images" and
          tasks[0]["BootMode"] == "legacy-bios" and tasks[0]["LicenseType"] == "AWS", tasks)
    before = list(service.log)
    text, code = run(folder, "30-import.sh")
    check("run once more it asks the service for nothing", code == 0 and
          service.log == before, service.log[len(before):])
    text, code = run(folder, "40-wait.sh")
    check("the wait ends with the image", code == 0 and
          read(folder, "state", "image").strip() == "ami-1", text)
    for _ in range(2):
        text, code = run(folder, "50-launch.sh")
    check("one instance is launched, of the type, also when it is run again", code == 0 and
          [(t["InstanceType"], t["ImageId"]) for t in service.instances.values()] ==
          [("t2.medium", "ami-1")] and "i-1" in text, (service.instances, text))
    script = read(folder, "25-check-aws.sh")
    asked = script[script.index("type='t2"):script.index("[ -r \"$image\"")]
    for given, complaint in (("", ""), ("vcpus=2", "a type with 3"), ("architecture=x86_64", "runs arm64")):
        changed = asked.replace(given, given.split("=")[0] + "=" + {
            "vcpus=2": "3", "architecture=x86_64": "arm64"}[given]
        ) if given else asked
        done = subprocess.run(["bash", "-c", "set -u; region=eu-central-1; lack() { echo "
                               "MISSING $*; }; options=(--region=eu-central-1 --endpoint-url="
                               "%s)\n%s" % (endpoint, changed)], env=environment(),
                              capture_output=True, text=True, timeout=60)
        check("the type is looked at with the service: %s" % (given or "fits"), (
            complaint in done.stdout) and ("MISSING" in done.stdout) == bool(given),
            done.stdout + done.stderr)
    os.utime(image, (1, 1))
    text, code = run(folder, "30-import.sh")
    check("an image that changed is not sent into the old upload", code != 0 and
          "has changed" in text, text)


def many_parts(folder, service):
    """2,500 parts of 5 MiB that an earlier run sent, and one that it did not."""
    with open(image, "wb") as file:
        file.truncate(2500 * (5 << 20) + 77)
    state = os.path.join(folder, "state", "0")
    os.makedirs(state)
    info = os.stat(image)
    for name, text in (("file", "%d %d" % (info.st_size, info.st_mtime)),
                       ("md5", "1B2M2Y8AsgTpgAmY7PhCfg=="), ("part", str(5 << 20)),
                       ("upload", "upload-1")):
        with open(os.path.join(state, name), "w", encoding="ascii") as file:
            file.write(text + "\n")
    service.create(KEY, {"x-amz-meta-md5": "1B2M2Y8AsgTpgAmY7PhCfg=="})
    for number in range(1, 2501):
        service.uploads["upload-1"]["parts"][number] = (5 << 20, "%032x" % number)
    text, code = run(folder, "30-import.sh")
    check("2,500 parts are found again over three pages, and one is sent",
          code == 0 and service.log.count("list-parts") == 6 and
          service.log.count("part") == 1 and not service.resent, text[-600:])
    check("all 2,501 stand in the list, in order", not service.problems and
          service.objects[KEY][0] == info.st_size, service.problems)


work = tempfile.mkdtemp()
image = os.path.join(work, KEY)
try:
    with open(image, "wb") as out:
        out.write(b"vhdxfile" + random.Random(1).randbytes(SIZE - 8))
    first, server = serve()
    folder, done = runbook("one", MACHINE, server.server_port)
    check("the runbook is written", done.returncode == 0, done.stdout + done.stderr)
    the_page(folder)
    the_table_of_parts(folder)
    refused(server.server_port)
    if AWS is None:
        print("SKIP the script against a service: the aws command is not installed "
              "(package awscli)")
    else:
        killed_after_each_change(folder, first, "http://127.0.0.1:%d" % server.server_port)
        second, other = serve()
        folder, done = runbook("many", MACHINE, other.server_port)
        many_parts(folder, second)
        other.shutdown()
    server.shutdown()
finally:
    shutil.rmtree(work)
sys.exit(1 if failed else 0)
