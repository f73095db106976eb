// Mints one certificate over NATS. Needs the .proto files and docs/grpc-over-nats.md, and no code of Stackrunner's.
package main

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	errorv1 "stackrunner.example/mint/gen/stackrunner/error/v1"
	issuerv1 "stackrunner.example/mint/gen/stackrunner/issuer/v1"
	provisionerv1 "stackrunner.example/mint/gen/stackrunner/provisioner/v1"
)

const (
	provisioner = "stackrunner.provisioner.v1.ProvisionerService"
	issuer      = "stackrunner.issuer.v1.IssuerService"
)

// call performs one unary call: protobuf in, protobuf out, everything else in headers.
func call(ctx context.Context, nc *nats.Conn, service, method string, request, answer proto.Message) error {
	body, err := proto.Marshal(request)
	if err != nil {
		return err
	}
	requestID := nats.NewInbox()[len("_INBOX."):]
	for {
		deadline, _ := ctx.Deadline()
		message := nats.NewMsg("stackrunner.rpc." + service + "." + method)
		message.Data = body
		// Assigned and not Set: Go would write Grpc-Timeout, and these names are lower-case.
		message.Header["content-type"] = []string{"application/grpc+proto"}
		message.Header["grpc-timeout"] = []string{fmt.Sprintf("%dm", max(1, time.Until(deadline).Milliseconds()))}
		message.Header["x-request-id"] = []string{requestID}
		reply, err := nc.RequestMsgWithContext(ctx, message)
		if errors.Is(err, nats.ErrNoResponders) && time.Until(deadline) > 100*time.Millisecond {
			// Delivered to nobody, so it is safe to send it again: the service may be restarting.
			time.Sleep(100 * time.Millisecond)
			continue
		}
		if err != nil {
			return err
		}
		if first(reply.Header, "grpc-status") == "0" {
			return proto.Unmarshal(reply.Data, answer)
		}
		return refusal(reply.Header)
	}
}

// refusal is the gRPC status as an error, with the product's own code where the service sent one.
func refusal(header nats.Header) error {
	status := first(header, "grpc-status")
	var details errorv1.Error
	if raw, err := base64.StdEncoding.DecodeString(first(header, "stackrunner-error-bin")); err == nil && len(raw) > 0 {
		if err := proto.Unmarshal(raw, &details); err == nil {
			return fmt.Errorf("%s: %s (grpc-status %s)", details.GetCode(), details.GetMessage(), status)
		}
	}
	message, err := url.PathUnescape(first(header, "grpc-message"))
	if err != nil {
		message = first(header, "grpc-message")
	}
	return fmt.Errorf("%s (grpc-status %s)", message, status)
}

func first(header nats.Header, name string) string {
	if values := header[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func run() error {
	server := flag.String("nats", "nats://127.0.0.1:4222", "`URL` of NATS")
	user := flag.String("user", "", "NATS user")
	password := flag.String("password", "", "its password")
	handle := flag.String("handle", "", "the customer")
	file := flag.String("csr", "", "`FILE` with a PKCS#10 request in PEM")
	ttl := flag.Int64("ttl", 3600, "`seconds` that the certificate lasts")
	flag.Parse()

	text, err := os.ReadFile(*file)
	if err != nil {
		return err
	}
	csr, _ := pem.Decode(text)
	if csr == nil {
		return fmt.Errorf("%s holds no PEM", *file)
	}

	options := []nats.Option{nats.Name("mint.go")}
	if *user != "" {
		// NATS lets each user read its own inboxes only.
		options = append(options, nats.UserInfo(*user, *password), nats.CustomInboxPrefix("_INBOX."+*user))
	}
	nc, err := nats.Connect(*server, options...)
	if err != nil {
		return err
	}
	defer nc.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	var found provisionerv1.GetCustomerResponse
	if err := call(ctx, nc, provisioner, "GetCustomer", &provisionerv1.GetCustomerRequest{Handle: *handle}, &found); err != nil {
		return err
	}
	var minted issuerv1.MintResponse
	request := &issuerv1.MintRequest{
		CustomerId: found.GetCustomer().GetId(),
		Csrs:       [][]byte{csr.Bytes},
		TtlSeconds: *ttl,
		// The same key and request again would give the same certificate again.
		IdempotencyKey: nats.NewInbox(),
	}
	if err := call(ctx, nc, issuer, "Mint", request, &minted); err != nil {
		return err
	}
	for _, der := range append([][]byte{minted.GetCertificates()[0].GetDer()}, minted.GetChain()...) {
		if err := pem.Encode(os.Stdout, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "mint:", err)
		os.Exit(1)
	}
}
