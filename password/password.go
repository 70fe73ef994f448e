// Package password turns passwords into hashes, and says whether a password belongs to a
// hash and whether a new password is fit to be used.
//
// A [Hasher] writes argon2id in the PHC form that other languages read, and verifies what
// an app wrote before it came to us: bcrypt, scrypt and PBKDF2 in the spellings of the
// usual libraries. A hash that is not what [Hasher.Hash] would write today verifies with
// Outcome.Upgrade set. Hashing is slow and hungry by design, so every Hasher has a door:
// few hashes run at once, some wait, the rest hear [ErrBusy] at once.
//
// [Rules] judge a new password: its length, whether it is among the first that an attacker
// would try, and whether it is made of its owner's name and address.
//
// # What a password is
//
// NIST SP 800-63B suggests NFKC or NFKD before hashing; OWASP ASVS 6.2.8 wants a password
// verified exactly as received. We do neither. One keyboard sends a Hangul syllable as one
// code point and another as three, so bytes as received would lock people out when they
// change computers, and NFKC makes different passwords equal. New hashes are made over NFC
// with every other space turned into U+0020, which is what RFC 8265 OpaqueString does to
// text; the code points that OpaqueString forbids (joined emoji, old Hangul, characters
// newer than our tables) stay allowed. Hashes written elsewhere are tried with the bytes as
// received, then NFC, then NFD. Control characters and invalid UTF-8 are refused before
// any of that, and so is everything above [MaxLength].
//
// The package does not store anything, does not count failures and does not decide who may
// try again: that is its caller's business. It imports nothing of ours.
package password
