package social

// AppleName reads what Apple posts beside a code.
var AppleName = appleName

// DiscordImage is the address of a picture.
var DiscordImage = discordImage
