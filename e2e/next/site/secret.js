// The tests look for this word in answers. It is put together on the server, and so in no script for browsers.
export const secret = (name) => ['SECRET', name].join('-')
