-- blueline relaunch 1
-- Quits Messages if it runs, waits until it is gone (20 s at most) and 3 s more, and opens it again without bringing
-- it to the front. Prints "ok".
on run
	if application id "com.apple.MobileSMS" is running then
		tell application id "com.apple.MobileSMS" to quit
		repeat 40 times
			if not (application id "com.apple.MobileSMS" is running) then exit repeat
			delay 0.5
		end repeat
		if application id "com.apple.MobileSMS" is running then error "Messages did not quit" number -1712
		delay 3
	end if
	tell application id "com.apple.MobileSMS" to launch
	return "ok"
end run
