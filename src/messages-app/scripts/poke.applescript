-- blueline poke 1
-- Wakes a Messages that has gone idle, by a question that needs an answer. Never launches it. Prints "ok".
on run
	if not (application id "com.apple.MobileSMS" is running) then error "Messages is not running" number -600
	with timeout of 8 seconds
		tell application id "com.apple.MobileSMS" to count of chats
	end timeout
	return "ok"
end run
