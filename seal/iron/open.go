package iron

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
)

// printSize is how many characters of the MAC make a print, six bits each. Whoever can
// make two seals with one print has the key.
const printSize = 22

// Open reads a value. It is over 60 s behind the end that is written into it; a seal
// without an end is never over and has a zero Expires. Unlike the JavaScript packages it
// asks for the MAC before the end: forged text is foreign, not expired.
//
// Claims have to pass [seal.PickScript]. Print is made from the MAC and shares memory
// with value; Issued and Header are not in the format.
func (c *codec) Open(value string, now time.Time) (seal.Opened, error) {
	return c.read(value, func(ends time.Time) bool {
		// JavaScript's clock has whole milliseconds.
		return !ends.IsZero() && ends.UnixMilli() <= now.UnixMilli()-skew.Milliseconds()
	})
}

// Inspect reads a value as Open does, but judges no time.
func (c *codec) Inspect(value string) (seal.Opened, error) {
	return c.read(value, func(time.Time) bool { return false })
}

func (c *codec) read(value string, over func(ends time.Time) bool) (seal.Opened, error) {
	opened, err := c.open(value, over)
	if err != nil {
		return seal.Opened{}, c.refuse(err)
	}
	return opened, nil
}

func (c *codec) open(value string, over func(ends time.Time) bool) (seal.Opened, error) {
	if len(value) > MaxSeal {
		return seal.Opened{}, malformed("too long")
	}
	text, wrapped, err := c.cut(value)
	if err != nil {
		return seal.Opened{}, err
	}
	f, err := split(text)
	if err != nil {
		return seal.Opened{}, err
	}
	k := c.find(f.part[fieldID])
	if k == nil {
		return seal.Opened{}, foreign()
	}
	if k.raw != (f.part[fieldSalt] == "") {
		return seal.Opened{}, malformed("salt size")
	}
	d := desks.Get().(*desk)
	defer desks.Put(d)
	// The MAC comes first: nothing is judged or decrypted that we did not write. Texts
	// are compared, so that a MAC has one spelling.
	d.text = append(d.text[:0], f.base...)
	mac := d.sign(derive(d, &k.authn, f.part[fieldMACSalt]))
	d.text = append(d.text[:0], f.part[fieldMAC]...)
	if subtle.ConstantTimeCompare(mac, d.text) != 1 {
		return seal.Opened{}, foreign()
	}
	ends := end(f.part[fieldExpiration])
	if over(ends) {
		return seal.Opened{}, &seal.OpenError{Reason: seal.ErrExpired}
	}
	claims, err := c.decrypt(d, k, &f)
	if err != nil {
		return seal.Opened{}, err
	}
	if claims, err = unwrap(claims, wrapped); err != nil {
		return seal.Opened{}, err
	}
	return seal.Opened{
		Claims: claims[:len(claims):len(claims)],
		Life:   seal.Life{Expires: ends},
		Print:  f.part[fieldMAC][:printSize],
		Key:    k.id,
		Stale:  k != c.keys[0] || wrapped,
	}, nil
}

// cut takes the suffix off. wrapped says that the claims are inside of an older shape.
func (c *codec) cut(value string) (text string, wrapped bool, err error) {
	if !c.suffix {
		return value, false, nil
	}
	text, version, found := strings.Cut(value, "~")
	switch {
	case found && version == current[1:]:
		return text, false, nil
	case c.legacy && (!found || version == "1"):
		return text, true, nil
	case !found && !strings.HasPrefix(value, prefix):
		return "", false, malformed("prefix")
	}
	// iron-session 6 and 8 would unwrap it, 9 would not look at it. No MAC covers it, so
	// it must not choose between two meanings of one seal.
	return "", false, unsupported("version suffix")
}

// unwrap checks the claims and takes them out of the shape of iron-session 5.
func unwrap(plain []byte, wrapped bool) ([]byte, error) {
	if !wrapped {
		return plain, seal.PickScript(plain, nil, nil)
	}
	var values [1][]byte
	if err := seal.PickScript(plain, []string{"persistent"}, values[:]); err != nil {
		return nil, err
	}
	switch v := values[0]; {
	case v == nil || string(v) == "null":
		return []byte("{}"), nil // iron-session@8.0.4: {...data.persistent}
	case v[0] == '{':
		return v, nil
	}
	return nil, malformed("persistent is not an object")
}

// decrypt gives the plaintext, in the one buffer that opening allocates beside the AES
// key schedule.
func (c *codec) decrypt(d *desk, k *key, f *fields) ([]byte, error) {
	iv := d.nonce.iv[:]
	d.text = append(d.text[:0], f.part[fieldIV]...)
	// Even a strict decoder skips line ends; what is then too short is refused.
	if n, err := b64.Strict().Decode(iv, d.text); err != nil || n != len(iv) {
		return nil, malformed("iv")
	}
	data, err := decode(f.part[fieldCiphertext])
	if err != nil {
		return nil, err
	}
	raw := derive(d, &k.encrypt, f.part[fieldSalt])
	if c.ctr {
		return data, xorCTR(raw, iv, data)
	}
	if len(data) == 0 || len(data)%aes.BlockSize != 0 {
		return nil, malformed("ciphertext size")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	decryptCBC(block, iv, data)
	return unpad(data)
}

// pieceSize is a whole number of groups of four characters that seal.Split takes.
const pieceSize = seal.MaxToken &^ 3

// decode reads canonical base64url.
func decode(text string) ([]byte, error) {
	if text == "" {
		return nil, malformed("no ciphertext")
	}
	if len(text) <= pieceSize {
		parts, err := seal.Split(text, 1)
		return parts[0], err
	}
	out := make([]byte, 0, b64.DecodedLen(len(text)))
	for text != "" {
		piece := text[:min(pieceSize, len(text))]
		parts, err := seal.Split(piece, 1)
		if err != nil {
			return nil, err
		}
		out, text = append(out, parts[0]...), text[len(piece):]
	}
	return out, nil
}

// xorCTR encrypts or decrypts in place under the first half of a key of 32 bytes, which
// is what PBKDF2 gives for 16.
func xorCTR(raw, iv, data []byte) error {
	block, err := aes.NewCipher(raw[:16])
	if err != nil {
		return err
	}
	cipher.NewCTR(block, iv).XORKeyStream(data, data)
	return nil
}

// decryptCBC decrypts whole blocks in place, last one first. crypto/cipher does the same
// at the same speed, but copies the key schedule, 512 bytes, into a second allocation:
// every seal has a key of its own.
func decryptCBC(block cipher.Block, iv, data []byte) {
	for at := len(data) - aes.BlockSize; at >= 0; at -= aes.BlockSize {
		this, before := data[at:at+aes.BlockSize], iv
		if at > 0 {
			before = data[at-aes.BlockSize : at]
		}
		block.Decrypt(this, this)
		subtle.XORBytes(this, this, before)
	}
}

// unpad takes the padding of PKCS #7 off whole, non-empty blocks, in a time that does not
// depend on what it is. Only who knows the password gets this far, perhaps with another
// cipher, which no MAC names.
func unpad(blocks []byte) ([]byte, error) {
	last := blocks[len(blocks)-aes.BlockSize:]
	n := int(last[aes.BlockSize-1])
	wrong := 1 - subtle.ConstantTimeLessOrEq(1, n)&subtle.ConstantTimeLessOrEq(n, aes.BlockSize)
	for i, b := range last {
		counts := subtle.ConstantTimeLessOrEq(aes.BlockSize-i, n)
		wrong |= counts &^ subtle.ConstantTimeByteEq(b, byte(n))
	}
	if wrong != 0 {
		return nil, foreign()
	}
	return blocks[:len(blocks)-n], nil
}
