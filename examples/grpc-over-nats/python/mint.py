"""Mints one certificate over NATS. Needs the .proto files and docs/grpc-over-nats.md, and no code of Stackrunner's."""

import argparse
import asyncio
import base64
import ssl
import sys
import time
import urllib.parse
import uuid
from pathlib import Path

import nats
from nats.errors import NoRespondersError

sys.path.insert(0, str(Path(__file__).parent / "gen"))
from stackrunner.error.v1 import error_pb2  # noqa: E402
from stackrunner.issuer.v1 import issuer_pb2  # noqa: E402
from stackrunner.provisioner.v1 import provisioner_pb2  # noqa: E402


class RpcError(Exception):
    """A refusal: the gRPC status, and the product's own code where the service sent one."""

    def __init__(self, status: str, code: str, message: str) -> None:
        super().__init__(f"{code}: {message} (grpc-status {status})")
        self.code = code


async def call(connection, service: str, method: str, request, answer_type, seconds: float = 10):
    """One unary call: protobuf in, protobuf out, everything else in headers."""
    subject = f"stackrunner.rpc.{service}.{method}"
    deadline = time.monotonic() + seconds
    request_id = str(uuid.uuid4())
    while True:
        left = deadline - time.monotonic()
        headers = {
            "content-type": "application/grpc+proto",
            "grpc-timeout": f"{max(1, int(left * 1000))}m",
            "x-request-id": request_id,
        }
        try:
            reply = await connection.request(
                subject, request.SerializeToString(), timeout=max(left, 0.001), headers=headers
            )
            break
        except NoRespondersError:
            # Delivered to nobody, so it is safe to send it again: the service may be restarting.
            if left < 0.1:
                raise
            await asyncio.sleep(0.1)
    head = {name.lower(): value for name, value in (reply.headers or {}).items()}
    status = head.get("grpc-status", "2")
    if status == "0":
        return answer_type.FromString(reply.data)
    details = error_pb2.Error.FromString(base64.b64decode(head.get("stackrunner-error-bin", "")))
    message = details.message or urllib.parse.unquote(head.get("grpc-message", ""))
    raise RpcError(status, details.code or "unknown", message)


def der_of(pem: str) -> bytes:
    lines = [line for line in pem.splitlines() if line and not line.startswith("-----")]
    return base64.b64decode("".join(lines))


def pem_of(der: bytes) -> str:
    return ssl.DER_cert_to_PEM_cert(der)


async def mint(args: argparse.Namespace) -> None:
    csr = der_of(Path(args.csr).read_text())
    user = {"user": args.user, "password": args.password} if args.user else {}
    # NATS lets each user read its own inboxes only.
    inbox = f"_INBOX.{args.user}".encode() if args.user else b"_INBOX"
    connection = await nats.connect(args.nats, name="mint.py", inbox_prefix=inbox, **user)
    try:
        found = await call(
            connection,
            "stackrunner.provisioner.v1.ProvisionerService",
            "GetCustomer",
            provisioner_pb2.GetCustomerRequest(handle=args.handle),
            provisioner_pb2.GetCustomerResponse,
        )
        minted = await call(
            connection,
            "stackrunner.issuer.v1.IssuerService",
            "Mint",
            issuer_pb2.MintRequest(
                customer_id=found.customer.id,
                csrs=[csr],
                ttl_seconds=args.ttl,
                # The same key and request again would give the same certificate again.
                idempotency_key=str(uuid.uuid4()),
            ),
            issuer_pb2.MintResponse,
        )
    finally:
        await connection.close()
    print(pem_of(minted.certificates[0].der), end="")
    for authority in minted.chain:
        print(pem_of(authority), end="")


def main() -> int:
    parser = argparse.ArgumentParser(description="Mint one certificate over NATS and print it with its chain.")
    parser.add_argument("--nats", default="nats://127.0.0.1:4222", metavar="URL")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--handle", required=True, help="the customer")
    parser.add_argument("--csr", required=True, metavar="FILE", help="a PKCS#10 request in PEM")
    parser.add_argument("--ttl", type=int, default=3600, metavar="SECONDS")
    try:
        asyncio.run(mint(parser.parse_args()))
    except (RpcError, NoRespondersError, TimeoutError, OSError) as error:
        print(f"mint.py: {error or type(error).__name__}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
