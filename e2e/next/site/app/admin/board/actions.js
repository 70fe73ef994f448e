'use server'
import { headers } from 'next/headers'
import { secret } from '../../../secret'

// Relies on the page that it belongs to.
export async function reveal() {
  return secret('action')
}

// Asks who is there, as an action should: it can be called at the address of any page.
export async function revealChecked() {
  const told = await headers()
  return told.get('x-signet-user') ? secret('checked') : 'nobody is signed in'
}
