'use client'
import { useState } from 'react'
import { reveal, revealChecked } from './actions'

export function Reveal() {
  const [words, setWords] = useState('')
  return <>
    <button onClick={async () => setWords(await reveal())}>{words || 'reveal'}</button>
    <button onClick={async () => setWords(await revealChecked())}>{words || 'reveal'}</button>
  </>
}
