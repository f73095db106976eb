// What a Go application sees with golang.org/x/crypto/ocsp and crypto/x509: leaf, intermediate, "get", "post" or
// "crl". Prints good or revoked.
package main

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"

	"golang.org/x/crypto/ocsp"
)

func main() {
	leaf, intermediate := read(os.Args[1]), read(os.Args[2])
	for _, how := range os.Args[3:] {
		fmt.Println(check(leaf, intermediate, how))
	}
}

func check(leaf, intermediate *x509.Certificate, how string) string {
	if how == "crl" {
		list, err := x509.ParseRevocationList(body(http.Get(leaf.CRLDistributionPoints[0])))
		fail(err)
		fail(list.CheckSignatureFrom(intermediate))
		for _, entry := range list.RevokedCertificateEntries {
			if entry.SerialNumber.Cmp(leaf.SerialNumber) == 0 {
				return "revoked"
			}
		}
		return "good"
	}
	hash := crypto.SHA1
	if how == "post" {
		hash = crypto.SHA256
	}
	request, err := ocsp.CreateRequest(leaf, intermediate, &ocsp.RequestOptions{Hash: hash})
	fail(err)
	var answer []byte
	if how == "get" {
		answer = body(http.Get(leaf.OCSPServer[0] + "/" + url.QueryEscape(base64.StdEncoding.EncodeToString(request))))
	} else {
		answer = body(http.Post(leaf.OCSPServer[0], "application/ocsp-request", bytes.NewReader(request)))
	}
	response, err := ocsp.ParseResponseForCert(answer, leaf, intermediate)
	fail(err)
	return map[int]string{ocsp.Good: "good", ocsp.Revoked: "revoked", ocsp.Unknown: "unknown"}[response.Status]
}

func read(file string) *x509.Certificate {
	text, err := os.ReadFile(file)
	fail(err)
	block, _ := pem.Decode(text)
	certificate, err := x509.ParseCertificate(block.Bytes)
	fail(err)
	return certificate
}

func body(response *http.Response, err error) []byte {
	fail(err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	fail(err)
	return content
}

func fail(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
