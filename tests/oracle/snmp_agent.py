"""A scripted SNMP agent (v2c) on loopback: values are what a function says now."""

import bisect
import socket
import threading

INTEGER, OCTETS, NULL, OID, SEQUENCE = 2, 4, 5, 6, 0x30
COUNTER32, GAUGE32, TICKS, COUNTER64 = 0x41, 0x42, 0x43, 0x46
NO_OBJECT, NO_MORE = 0x80, 0x82
GET, NEXT, RESPONSE, BULK = 0xa0, 0xa1, 0xa2, 0xa5


def tlv(tag, body):
    size = len(body)
    if size < 128:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 128 | len(length))) + length + body


def number(value, tag=INTEGER):
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=value < 0))


def oid(name):
    body = bytearray((name[0] * 40 + name[1],))
    for part in name[2:]:
        digits = [part & 127]
        while part > 127:
            part >>= 7
            digits.append(128 | part & 127)
        body += bytes(reversed(digits))
    return tlv(OID, bytes(body))


def parts(data):
    at = 0
    while at < len(data):
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 128:
            wide = size & 127
            size = int.from_bytes(data[at:at + wide], "big")
            at += wide
        yield tag, data[at:at + size]
        at += size


def name_of(body):
    name, part = [body[0] // 40, body[0] % 40], 0
    for byte in body[1:]:
        part = part << 7 | byte & 127
        if not byte & 128:
            name.append(part)
            part = 0
    return tuple(name)


class Agent:
    """values(): {name as a tuple: (tag, number or bytes)} of this moment."""

    def __init__(self, values, community=b"secret", spoil=None):
        self.values, self.community, self.spoil = values, community, spoil
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.asked = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                data, peer = self.socket.recvfrom(65536)
            except OSError:
                return
            answer = self.answer(data)
            if answer:
                self.socket.sendto(self.spoil(answer) if self.spoil else answer, peer)

    @staticmethod
    def cell(name, value):
        tag, content = value
        body = content if isinstance(content, bytes) else None
        return tlv(SEQUENCE, oid(name) + (
            tlv(tag, body) if body is not None else number(content, tag)))

    def answer(self, data):
        (_, message), = parts(data)
        (_, version), (_, community), (kind, pdu) = parts(message)
        if community != self.community:
            return None
        self.asked += 1
        (_, request), (_, _), (_, most), (_, wanted) = parts(pdu)
        now = self.values()
        names, cells = sorted(now), b""
        for _, binding in parts(wanted):
            name = name_of(next(parts(binding))[1])
            if kind == GET:
                cells += self.cell(name, now.get(name, (NO_OBJECT, b"")))
                continue
            for _ in range(int.from_bytes(most, "big") if kind == BULK else 1):
                at = bisect.bisect_right(names, name)
                if at == len(names):
                    cells += self.cell(name, (NO_MORE, b""))
                    break
                name = names[at]
                cells += self.cell(name, now[name])
        response = tlv(RESPONSE, tlv(INTEGER, request) + number(0) + number(0) +
                       tlv(SEQUENCE, cells))
        return tlv(SEQUENCE, tlv(INTEGER, version) + tlv(OCTETS, community) + response)

    def close(self):
        self.socket.close()
