package proof

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is a signed statement of what a log held when it had Size events. The same log gives the same bytes: no clock and no
// chance goes into it, so whoever seals a log again writes what is there already.
type Checkpoint struct {
	Service string
	// Epoch is the log's lineage, and After the last position of the lineage before, which this one goes on from.
	Epoch int
	After int64
	// Size is how many events it covers; Root the Merkle tree hash over their leaves (RFC 6962).
	Size int64
	Root tlog.Hash
	// RecordedAt is when the last of them was recorded.
	RecordedAt time.Time
	// Note is the signed note: the C2SP tlog-checkpoint with its signature lines.
	Note []byte
}

// timeForm writes microseconds, which is what the log keeps.
const timeForm = "2006-01-02T15:04:05.000000Z"

// body is the checkpoint's text: origin, size and root as C2SP has them, then two lines of our own. Each lineage of each log has its
// own origin, since two lineages may hold different events at one position, which under one origin would be a fork.
func (c Checkpoint) body(name string) string {
	return fmt.Sprintf("%s/%s/%d\n%d\n%s\nafter %d\nrecorded %s\n", name, c.Service, c.Epoch, c.Size, c.Root, c.After, c.RecordedAt.UTC().Format(timeForm))
}

// Signer signs checkpoints.
type Signer struct {
	note.Signer
	verifier *Verifier
}

// Verifier opens checkpoints that were signed under one name: by one key, or by one of several when the key was changed.
type Verifier struct {
	name string
	keys []note.Verifier
	text string
}

// NewKey makes a key pair under a name, which is a host or a host and a path that the signer owns: it begins every origin.
func NewKey(name string) (private, public string, err error) {
	if name == "" || strings.ContainsAny(name, " \t\r\n+") || strings.HasSuffix(name, "/") {
		return "", "", fmt.Errorf("%q is no name for a key: it is like loa.example, without spaces and +", name)
	}
	return note.GenerateKey(rand.Reader, name)
}

// KeyFromSeed is the key pair of 32 secret bytes, the same every time.
func KeyFromSeed(name string, seed []byte) (private, public string, err error) {
	if len(seed) != ed25519.SeedSize {
		return "", "", fmt.Errorf("a key is made of %d bytes, not of %d", ed25519.SeedSize, len(seed))
	}
	secret := ed25519.NewKeyFromSeed(seed)
	pub, ok := secret.Public().(ed25519.PublicKey)
	if !ok {
		return "", "", errors.New("ed25519 gave no public key")
	}
	if public, err = note.NewEd25519VerifierKey(name, pub); err != nil {
		return "", "", err
	}
	parts, algorithm := strings.SplitN(public, "+", 3), byte(1) // name, hash and key; and Ed25519's number in a note
	return "PRIVATE+KEY+" + parts[0] + "+" + parts[1] + "+" + base64.StdEncoding.EncodeToString(append([]byte{algorithm}, seed...)), public, nil
}

// NewSigner reads a private key as NewKey writes it.
func NewSigner(private string) (*Signer, error) {
	signer, err := note.NewSigner(strings.TrimSpace(private))
	if err != nil {
		return nil, errors.New("it is no private key of a signed note: PRIVATE+KEY+<name>+<hash>+<key>") // what was given is secret
	}
	public, err := publicOf(private)
	if err != nil {
		return nil, err
	}
	verifier, err := NewVerifier(public)
	if err != nil {
		return nil, err
	}
	return &Signer{Signer: signer, verifier: verifier}, nil
}

func publicOf(private string) (string, error) {
	parts := strings.SplitN(strings.TrimSpace(private), "+", 5)
	if len(parts) != 5 {
		return "", errors.New("it is no private key of a signed note")
	}
	raw, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(raw) != 1+ed25519.SeedSize {
		return "", errors.New("it is no Ed25519 private key")
	}
	public, ok := ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey)
	if !ok {
		return "", errors.New("it is no Ed25519 private key")
	}
	return note.NewEd25519VerifierKey(parts[2], public)
}

// NewVerifier reads verifier keys, <name>+<hash>+<key>, of one name.
func NewVerifier(public ...string) (*Verifier, error) {
	v := &Verifier{}
	for _, text := range public {
		key, err := note.NewVerifier(strings.TrimSpace(text))
		if err != nil {
			return nil, fmt.Errorf("%q is no verifier key of a signed note, <name>+<hash>+<key>", text)
		}
		if v.name != "" && key.Name() != v.name {
			return nil, fmt.Errorf("the verifier keys have different names, %s and %s", v.name, key.Name())
		}
		if v.name == "" {
			v.name, v.text = key.Name(), strings.TrimSpace(text)
		}
		if !slices.ContainsFunc(v.keys, func(k note.Verifier) bool { return k.KeyHash() == key.KeyHash() }) {
			v.keys = append(v.keys, key)
		}
	}
	if len(v.keys) == 0 {
		return nil, errors.New("there is no verifier key")
	}
	return v, nil
}

// Verifier opens what the signer signs.
func (s *Signer) Verifier() *Verifier { return s.verifier }

// String is the first verifier key, which is public.
func (v *Verifier) String() string { return v.text }

// sign fills in the note.
func (s *Signer) sign(c Checkpoint) (Checkpoint, error) {
	signed, err := note.Sign(&note.Note{Text: c.body(s.Name())}, s)
	c.Note = signed
	return c, err
}

// Open checks the signature of a checkpoint and reads it. Further signatures, such as those of witnesses, are let be.
func (v *Verifier) Open(signed []byte) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(v.keys...))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the checkpoint is not signed by %s: %w", v.name, err)
	}
	c, err := parse(n.Text, v.name)
	c.Note = signed
	return c, err
}

var errMalformed = errors.New("the checkpoint is signed and not of the form of this program")

func parse(text, name string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 6 {
		return c, errMalformed
	}
	place, ok := strings.CutPrefix(lines[0], name+"/")
	service, epoch, two := strings.Cut(place, "/")
	after, hasAfter := strings.CutPrefix(lines[3], "after ")
	at, hasAt := strings.CutPrefix(lines[4], "recorded ")
	if !ok || !two || !hasAfter || !hasAt {
		return c, errMalformed
	}
	c.Service = service
	var err1, err2, err3, err4, err5 error
	c.Epoch, err1 = strconv.Atoi(epoch)
	c.Size, err2 = strconv.ParseInt(lines[1], 10, 64)
	c.Root, err3 = tlog.ParseHash(lines[2])
	c.After, err4 = strconv.ParseInt(after, 10, 64)
	c.RecordedAt, err5 = time.Parse(timeForm, at)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return c, fmt.Errorf("%w: %w", errMalformed, err)
	}
	if c.body(name) != text || c.Size < 1 || c.Epoch < 1 || c.After < 0 {
		return c, errMalformed
	}
	return c, nil
}
