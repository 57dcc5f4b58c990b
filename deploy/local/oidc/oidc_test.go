package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const peopleFile = "\ufeffid,name,agency,unit,position,role,valid_from,valid_to\n" +
	"cv.stttt,Phạm Thu Hà,H24.02,Phòng Thông tin - Báo chí - Xuất bản,Chuyên viên,officer,2022-01-01,\n" +
	"cv2.stttt,Lưu Thanh Mai,H24.02,Phòng Thông tin - Báo chí - Xuất bản,Chuyên viên,officer,2022-01-01,\n" +
	"tp.stttt,Nguyễn Văn Hùng,H24.02,Phòng <Thông tin>,Trưởng phòng,head,2022-01-01,\n"

func options(t *testing.T, directory string) Options {
	t.Helper()
	people, err := ReadPeople(strings.NewReader(peopleFile))
	if err != nil {
		t.Fatal(err)
	}
	return Options{DataDir: directory, People: people, Services: []string{"planning", "worker"}}
}

func start(t *testing.T, options Options) *Provider {
	t.Helper()
	provider, err := Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return provider
}

func stop(t *testing.T, provider *Provider) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 5*time.Second)
	defer cancel()
	if err := provider.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// verify checks a token as Loa's services do, and returns its subject.
func verify(t *testing.T, issuer, token string) string {
	t.Helper()
	provider, err := gooidc.NewProvider(t.Context(), issuer)
	if err != nil {
		t.Fatal(err)
	}
	checked, err := provider.Verifier(&gooidc.Config{ClientID: Audience}).Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return checked.Subject
}

func TestPersonsTokenSurvivesRestart(t *testing.T) {
	directory := t.TempDir()
	first := start(t, options(t, directory))
	token, err := TokenFor(t.Context(), first.Issuer(), "cv.stttt")
	if err != nil {
		t.Fatal(err)
	}
	stop(t, first)

	restarted := options(t, directory)
	restarted.Port = first.Port()
	second := start(t, restarted)
	defer stop(t, second)
	if subject := verify(t, second.Issuer(), token); subject != "cv.stttt" {
		t.Errorf("the subject is %q", subject)
	}
	if first.ClientSecrets()["worker"] != second.ClientSecrets()["worker"] || second.ClientSecrets()["worker"] == second.ClientSecrets()["planning"] {
		t.Error("secrets are not kept, or not one per service")
	}
	err = filepath.WalkDir(directory, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestUnknownPersonIsToldWhoWasPerhapsMeant(t *testing.T) {
	provider := start(t, options(t, t.TempDir()))
	defer stop(t, provider)
	for id, near := range map[string]string{"cv.sttt": "cv.stttt", "stttt": "tp.stttt", "hùng": "tp.stttt"} {
		_, err := TokenFor(t.Context(), provider.Issuer(), id)
		if !errors.Is(err, ErrUnknownPerson) || !strings.Contains(err.Error(), near) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := TokenFor(t.Context(), provider.Issuer(), "service:worker"); !errors.Is(err, ErrUnknownPerson) {
		t.Errorf("a person signs in as a service: %v", err)
	}
}

func TestServiceGetsATokenForItsSecret(t *testing.T) {
	provider := start(t, options(t, t.TempDir()))
	defer stop(t, provider)
	discovered, err := gooidc.NewProvider(t.Context(), provider.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		config := clientcredentials.Config{
			ClientID: "service:worker", ClientSecret: provider.ClientSecrets()["worker"],
			TokenURL: discovered.Endpoint().TokenURL, AuthStyle: style,
		}
		token, err := config.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if subject := verify(t, provider.Issuer(), token.AccessToken); subject != "service:worker" {
			t.Errorf("the subject is %q", subject)
		}
		config.ClientSecret = provider.ClientSecrets()["planning"]
		if _, err := config.Token(t.Context()); err == nil {
			t.Error("another service's secret is accepted")
		}
		config.ClientID, config.ClientSecret = "service:nobody", ""
		if _, err := config.Token(t.Context()); err == nil {
			t.Error("an unknown service without a secret is accepted")
		}
		config.ClientID = Audience
		if _, err := config.Token(t.Context()); err == nil {
			t.Error("the people's client gets a token without a person")
		}
	}
}

func TestCodeIsWorthNothingWithoutItsVerifierAndWorksOnce(t *testing.T) {
	provider := start(t, options(t, t.TempDir()))
	defer stop(t, provider)
	discovered, err := gooidc.NewProvider(t.Context(), provider.Issuer())
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ctx := gooidc.ClientContext(t.Context(), browser)
	// A program listens on a port of its own choice.
	config := oauth2.Config{ClientID: Audience, Endpoint: discovered.Endpoint(), RedirectURL: "http://127.0.0.1:45678/signed-in", Scopes: []string{"openid"}}
	signIn := func(verifier string) string {
		w := walk{browser}
		page, err := w.follow(ctx, config.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier)))
		if err != nil {
			t.Fatal(err)
		}
		callback, err := w.choose(ctx, page, "tp.stttt")
		if err != nil {
			t.Fatal(err)
		}
		end, err := w.follow(ctx, callback.String())
		if err != nil {
			t.Fatal(err)
		}
		return end.Query().Get("code")
	}
	verifier := oauth2.GenerateVerifier()
	if _, err := config.Exchange(ctx, signIn(verifier), oauth2.VerifierOption(oauth2.GenerateVerifier())); err == nil {
		t.Error("another verifier is accepted")
	}
	code := signIn(verifier)
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	identity, _ := token.Extra("id_token").(string)
	if subject := verify(t, provider.Issuer(), identity); subject != "tp.stttt" {
		t.Errorf("the identity token's subject is %q", subject)
	}
	if _, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier)); err == nil {
		t.Error("a code works twice")
	}
}

func TestSignInWithoutPKCEOrToAnotherPlaceIsRefused(t *testing.T) {
	provider := start(t, options(t, t.TempDir()))
	defer stop(t, provider)
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(change url.Values) *http.Response {
		query := url.Values{
			"client_id": {Audience}, "response_type": {"code"}, "scope": {"openid"}, "redirect_uri": {RedirectURI}, "state": {"s"},
			"code_challenge": {oauth2.S256ChallengeFromVerifier(oauth2.GenerateVerifier())}, "code_challenge_method": {"S256"},
		}
		maps.Copy(query, change)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, provider.Issuer()+"/authorize?"+query.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := browser.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response
	}
	if where := ask(nil).Header.Get("Location"); !strings.HasPrefix(where, signInPath) {
		t.Errorf("a proper request leads to %q", where)
	}
	for name, change := range map[string]url.Values{
		"without PKCE":     {"code_challenge": {""}, "code_challenge_method": {""}},
		"with a plain one": {"code_challenge": {"abc"}, "code_challenge_method": {"plain"}},
		"without a page":   {"prompt": {"none"}},
		"another place":    {"redirect_uri": {"http://example.org/signed-in"}},
		"a service":        {"client_id": {"service:worker"}},
	} {
		response := ask(change)
		if where := response.Header.Get("Location"); strings.HasPrefix(where, signInPath) || strings.Contains(where, "example.org") {
			t.Errorf("%s leads to %q", name, where)
		}
	}
}

func TestSignInPageListsThePeopleAsInvented(t *testing.T) {
	provider := start(t, options(t, t.TempDir()))
	defer stop(t, provider)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, provider.Issuer()+signInPath+"?request=x%22%3E", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	page := string(content)
	for _, want := range []string{"Phạm Thu Hà", "Trưởng phòng, Phòng &lt;Thông tin&gt;", `value="x&#34;&gt;"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if marks := strings.Count(page, `<span class="mark">nhân sự ví dụ</span>`); marks != 3 {
		t.Errorf("%d marks for 3 people", marks)
	}
}

func TestDiscoveryNamesOnlyWhatIsOffered(t *testing.T) {
	provider := start(t, options(t, t.TempDir()))
	defer stop(t, provider)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, provider.Issuer()+"/.well-known/openid-configuration", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var discovery struct {
		Issuer     string   `json:"issuer"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
		Challenges []string `json:"code_challenge_methods_supported"`
		Grants     []string `json:"grant_types_supported"`
	}
	if err := json.NewDecoder(response.Body).Decode(&discovery); err != nil {
		t.Fatal(err)
	}
	if discovery.Issuer != provider.Issuer() || !slices.Equal(discovery.Algorithms, []string{"RS256"}) ||
		!slices.Equal(discovery.Challenges, []string{"S256"}) || slices.Contains(discovery.Grants, "refresh_token") {
		t.Errorf("%+v", discovery)
	}
}

func TestPeopleFileWithoutAColumnIsRefused(t *testing.T) {
	if _, err := ReadPeople(strings.NewReader("id,name\na,b\n")); err == nil || !strings.Contains(err.Error(), "agency") {
		t.Errorf("%v", err)
	}
}

func TestPortInUseNamesItsSetting(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	o := options(t, t.TempDir())
	o.Port, o.PortSetting = taken.Addr().(*net.TCPAddr).Port, "LOA_OIDC_ADDR"
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "LOA_OIDC_ADDR") {
		t.Errorf("%v", err)
	}
}
