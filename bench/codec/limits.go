package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"strings"
)

var b64 = base64.RawURLEncoding

// A work is the primitives of a value and nothing else: no checks, no times, no JSON. What
// can be kept between values is kept. Both halves work on buffers of their own.
type work struct{ open, seal func() error }

func limitRows(values map[string]string) (rows []*row, err error) {
	for _, f := range []struct {
		name, what string
		make       func(string) (work, error)
	}{
		{"v5", "limit: base64, HMAC-SHA-512, AES-CBC", limitV5},
		{"v4", "limit: base64, AES-GCM", limitV4},
		{"HS256", "limit: base64, HMAC-SHA-256", limitHS256},
		{"iron", "limit: base64, 2 PBKDF2, HMAC-SHA-256, AES-CBC", limitIron},
	} {
		w, err := f.make(values[f.name])
		if err != nil {
			return nil, err
		}
		rows = append(rows,
			&row{format: f.name, work: "open", name: f.what, op: func(*result) error { return w.open() }},
			&row{format: f.name, work: "seal", name: f.what, op: func(*result) error { return w.seal() }})
	}
	return rows, nil
}

// A text is a value cut at its dots, and room for what is in it.
type text struct {
	parts [][]byte
	bytes [][]byte // decoded
}

func cut(value, sep string) (t text) {
	for _, p := range strings.Split(value, sep) {
		t.parts = append(t.parts, []byte(p))
		t.bytes = append(t.bytes, make([]byte, b64.DecodedLen(len(p))))
	}
	return t
}

func (t text) decode() error {
	for i, p := range t.parts {
		if _, err := b64.Decode(t.bytes[i], p); err != nil {
			return err
		}
	}
	return nil
}

func (t text) encode(parts ...int) {
	for _, i := range parts {
		b64.Encode(t.parts[i], t.bytes[i])
	}
}

func limitV5(value string) (work, error) {
	key, err := keyV5()
	if err != nil {
		return work{}, err
	}
	block, err := aes.NewCipher(key[32:])
	if err != nil {
		return work{}, err
	}
	in, out := cut(value, "."), cut(value, ".")
	mac := hmac.New(sha512.New, key[:32])
	sum, bits := make([]byte, 0, 64), make([]byte, 8)
	authenticate := func(t text) {
		mac.Reset()
		mac.Write(t.parts[0])
		mac.Write(t.bytes[2])
		mac.Write(t.bytes[3])
		mac.Write(bits)
		sum = mac.Sum(sum[:0])
	}
	dec, enc := cipher.NewCBCDecrypter(block, make([]byte, 16)), cipher.NewCBCEncrypter(block, make([]byte, 16))
	return work{
		open: func() error {
			if err := in.decode(); err != nil {
				return err
			}
			authenticate(in)
			dec.CryptBlocks(in.bytes[3], in.bytes[3])
			return nil
		},
		seal: func() error {
			rand.Read(out.bytes[2])
			enc.CryptBlocks(out.bytes[3], out.bytes[3])
			authenticate(out)
			out.encode(2, 3, 4)
			return nil
		},
	}, nil
}

func limitV4(value string) (work, error) {
	key, err := keyV4()
	if err != nil {
		return work{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return work{}, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return work{}, err
	}
	in, out := cut(value, "."), cut(value, ".")
	size := len(in.bytes[3])
	sealed, plain := make([]byte, size+16), make([]byte, size)
	return work{
		open: func() error {
			if err := in.decode(); err != nil {
				return err
			}
			copy(sealed, in.bytes[3])
			copy(sealed[size:], in.bytes[4])
			_, err := gcm.Open(plain[:0], in.bytes[2], sealed, in.parts[0])
			return err
		},
		seal: func() error {
			rand.Read(out.bytes[2])
			gcm.Seal(sealed[:0], out.bytes[2], plain, out.parts[0])
			copy(out.bytes[3], sealed)
			copy(out.bytes[4], sealed[size:])
			out.encode(2, 3, 4)
			return nil
		},
	}, nil
}

func limitHS256(value string) (work, error) {
	in, out := cut(value, "."), cut(value, ".")
	signed := []byte(value[:strings.LastIndexByte(value, '.')])
	mac := hmac.New(sha256.New, []byte(secret))
	sum := make([]byte, 0, 32)
	authenticate := func() {
		mac.Reset()
		mac.Write(signed)
		sum = mac.Sum(sum[:0])
	}
	return work{
		open: func() error {
			authenticate()
			return in.decode()
		},
		seal: func() error {
			out.encode(1)
			authenticate()
			copy(out.bytes[2], sum)
			out.encode(2)
			return nil
		},
	}, nil
}

// limitIron keeps nothing: each seal has two salts of its own.
func limitIron(value string) (work, error) {
	parts := strings.Split(strings.TrimSuffix(value, "~2"), "*")
	covered := []byte(strings.Join(parts[:6], "*"))
	in, out := cut(parts[3]+"*"+parts[4], "*"), cut(parts[3]+"*"+parts[4]+"*"+parts[7], "*")
	sum := make([]byte, 0, 32)
	authenticate := func(salt string) error {
		key, err := pbkdf2.Key(sha1.New, secret, []byte(salt), 1, 32)
		if err != nil {
			return err
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(covered)
		sum = mac.Sum(sum[:0])
		return nil
	}
	block := func(salt string) (cipher.Block, error) {
		key, err := pbkdf2.Key(sha1.New, secret, []byte(salt), 1, 32)
		if err != nil {
			return nil, err
		}
		return aes.NewCipher(key)
	}
	salts := make([]byte, 80)
	return work{
		open: func() error {
			if err := authenticate(parts[6]); err != nil {
				return err
			}
			if err := in.decode(); err != nil {
				return err
			}
			b, err := block(parts[2])
			if err != nil {
				return err
			}
			cipher.NewCBCDecrypter(b, in.bytes[0]).CryptBlocks(in.bytes[1], in.bytes[1])
			return nil
		},
		seal: func() error {
			rand.Read(salts)
			b, err := block(parts[2])
			if err != nil {
				return err
			}
			cipher.NewCBCEncrypter(b, out.bytes[0]).CryptBlocks(out.bytes[1], out.bytes[1])
			if err := authenticate(parts[6]); err != nil {
				return err
			}
			copy(out.bytes[2], sum)
			out.encode(0, 1, 2)
			return nil
		},
	}, nil
}
