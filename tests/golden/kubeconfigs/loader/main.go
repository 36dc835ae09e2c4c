// Command loader answers what client-go makes of a credential, as Clusterpedia's BuildClusterRestConfig
// has it: lines `kubeconfig BASE64`, `apiserver BASE64` and `fields BASE64` in, JSON lines out. What
// `fields` encodes is JSON: PEM of the CA, certificate and key, and a token.
//
// Nothing is opened and nothing is run: a configuration is looked at, no client is used.
package main

import (
	"bufio"
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"

	"golang.org/x/net/http/httpguts"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// answer holds what a client would do; Error alone where it would do nothing.
type answer struct {
	Error string `json:"error,omitempty"`
	// Ready is the URL that a health check asks.
	Ready        string                  `json:"ready,omitempty"`
	ServerName   string                  `json:"tls-server-name,omitempty"`
	CA           []byte                  `json:"ca,omitempty"`
	Certificate  []byte                  `json:"certificate,omitempty"`
	Key          []byte                  `json:"key,omitempty"`
	Token        string                  `json:"token,omitempty"`
	Insecure     bool                    `json:"insecure,omitempty"`
	Proxy        string                  `json:"proxy,omitempty"`
	Exec         *execution              `json:"exec,omitempty"`
	AuthProvider *api.AuthProviderConfig `json:"auth-provider,omitempty"`
	Username     string                  `json:"username,omitempty"`
	Password     string                  `json:"password,omitempty"`
	Impersonate  string                  `json:"impersonate,omitempty"`
	Files        []string                `json:"files,omitempty"`
	// Unusable is why no client can be made of what was loaded.
	Unusable string `json:"unusable,omitempty"`
	// Authorities counts the certificates by which a server would be trusted.
	Authorities int `json:"authorities,omitempty"`
	// Elsewhere names what entries that are not in use would make a client do.
	Elsewhere []string `json:"elsewhere,omitempty"`
}

type execution struct {
	Command string           `json:"command"`
	Args    []string         `json:"args,omitempty"`
	Env     []api.ExecEnvVar `json:"env,omitempty"`
	Version string           `json:"version"`
	Config  json.RawMessage  `json:"config,omitempty"`
}

func main() {
	in := bufio.NewReader(os.Stdin)
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			if err := encoder.Encode(answerTo(line)); err != nil {
				fail(err)
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			fail(err)
		}
	}
	if err := out.Flush(); err != nil {
		fail(err)
	}
}

// answerTo answers one line; a panic is an answer, too, since a client would have crashed.
func answerTo(line []byte) (found answer) {
	kind, text, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
	data, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil {
		fail(err)
	}
	defer func() {
		if problem := recover(); problem != nil {
			found = answer{Error: fmt.Sprintf("panic: %v", problem)}
		}
	}()
	switch string(kind) {
	case "kubeconfig":
		found, err = ofKubeconfig(data)
	case "apiserver":
		found, err = ofConfig(&rest.Config{
			Host:            string(data),
			TLSClientConfig: rest.TLSClientConfig{Insecure: true},
		})
	case "fields":
		found, err = ofFields(data)
	default:
		fail(fmt.Errorf("unknown kind %q", kind))
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	return found
}

func ofFields(data []byte) (answer, error) {
	var fields struct {
		CA, Certificate, Key []byte
		Token                []byte
	}
	if err := json.Unmarshal(data, &fields); err != nil {
		fail(err)
	}
	if reason := unusable(fields.CA, fields.Certificate, fields.Key, string(fields.Token)); reason != "" {
		return answer{Unusable: reason}, nil
	}
	return answer{Authorities: authorities(fields.CA)}, nil
}

// unusable returns why no client can be made: its TLS has no configuration, or its header no token.
func unusable(ca, certificate, key []byte, token string) string {
	if !httpguts.ValidHeaderFieldValue("Bearer " + token) {
		return "invalid header field value"
	}
	if len(key) == 0 || len(certificate) == 0 {
		// A client without the one does not use the other.
		certificate, key = nil, nil
	}
	config := &rest.Config{TLSClientConfig: rest.TLSClientConfig{CAData: ca, CertData: certificate, KeyData: key}}
	if _, err := rest.TLSConfigFor(config); err != nil {
		return err.Error()
	}
	return ""
}

// authorities counts what x509.CertPool.AppendCertsFromPEM adds.
func authorities(ca []byte) int {
	count := 0
	for {
		block, rest := pem.Decode(ca)
		if block == nil {
			return count
		}
		ca = rest
		if block.Type != "CERTIFICATE" || len(block.Headers) != 0 {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err == nil {
			count++
		}
	}
}

func ofKubeconfig(data []byte) (answer, error) {
	loaded, err := clientcmd.NewClientConfigFromBytes(data)
	if err != nil {
		return answer{}, err
	}
	config, err := loaded.ClientConfig()
	if err != nil {
		return answer{}, err
	}
	found, err := ofConfig(config)
	if err != nil {
		return answer{}, err
	}
	raw, err := loaded.RawConfig()
	if err != nil {
		return answer{}, err
	}
	found.Elsewhere = elsewhere(raw)
	return found, nil
}

func ofConfig(config *rest.Config) (answer, error) {
	ready, err := readyURL(config)
	if err != nil {
		return answer{}, err
	}
	if config.Insecure && len(config.CAData) > 0 {
		return answer{}, fmt.Errorf("specifying a root certificates file with the insecure flag is not allowed")
	}
	found := answer{
		Ready:        ready,
		ServerName:   config.ServerName,
		CA:           config.CAData,
		Certificate:  config.CertData,
		Key:          config.KeyData,
		Token:        config.BearerToken,
		Insecure:     config.Insecure,
		AuthProvider: config.AuthProvider,
		Username:     config.Username,
		Password:     config.Password,
		Impersonate:  config.Impersonate.UserName,
	}
	found.Unusable = unusable(config.CAData, config.CertData, config.KeyData, config.BearerToken)
	for _, file := range []string{config.CAFile, config.CertFile, config.KeyFile, config.BearerTokenFile} {
		if file != "" {
			found.Files = append(found.Files, file)
		}
	}
	if config.Proxy != nil {
		proxy, err := config.Proxy(&http.Request{})
		if err != nil {
			return answer{}, err
		}
		found.Proxy = proxy.String()
	}
	if plugin := config.ExecProvider; plugin != nil {
		found.Exec = &execution{Command: plugin.Command, Args: plugin.Args, Env: plugin.Env, Version: plugin.APIVersion}
		if plugin.Config != nil {
			content, err := json.Marshal(plugin.Config)
			if err != nil {
				return answer{}, err
			}
			found.Exec.Config = content
		}
	}
	return found, nil
}

// readyURL returns what a client asks for /readyz, without making its transport.
func readyURL(config *rest.Config) (string, error) {
	base, path, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return "", err
	}
	content := rest.ClientContentConfig{GroupVersion: schema.GroupVersion{Version: "v1"}}
	client, err := rest.NewRESTClient(base, path, content, nil, http.DefaultClient)
	if err != nil {
		return "", err
	}
	return client.Get().AbsPath("/readyz").URL().String(), nil
}

// elsewhere looks at every entry, in use or not.
func elsewhere(config api.Config) []string {
	var found []string
	add := func(given bool, what string) {
		if given {
			found = append(found, what)
		}
	}
	for _, cluster := range config.Clusters {
		add(cluster.InsecureSkipTLSVerify, "insecure-skip-tls-verify")
		add(cluster.ProxyURL != "", "proxy-url")
		add(cluster.CertificateAuthority != "", "certificate-authority")
	}
	for _, user := range config.AuthInfos {
		add(user.Exec != nil, "exec")
		add(user.AuthProvider != nil, "auth-provider")
		add(user.ClientCertificate != "", "client-certificate")
		add(user.ClientKey != "", "client-key")
		add(user.TokenFile != "", "tokenFile")
		add(user.Username != "", "username")
		add(user.Password != "", "password")
		add(user.Impersonate != "" || user.ImpersonateUID != "", "as")
		add(len(user.ImpersonateGroups) > 0, "as-groups")
		add(len(user.ImpersonateUserExtra) > 0, "as-user-extra")
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "loader:", err)
	os.Exit(1)
}
