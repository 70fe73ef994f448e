// jsonwebtoken as the other side.
import jsonwebtoken from 'jsonwebtoken'

export const name = 'jsonwebtoken@9.0.3'

/** @param {object} claims @param {string} secret @param {string} alg @param {number} ttl seconds */
export const seal = (claims, secret, alg, ttl) => jsonwebtoken.sign(claims, secret, { algorithm: alg, expiresIn: ttl })

/** @param {string} token @param {string} secret @param {string} alg the one that is expected */
export const open = (token, secret, alg) => jsonwebtoken.verify(token, secret, { algorithms: [alg] })
