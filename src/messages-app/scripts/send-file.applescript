-- blueline send-file 1
-- Arguments: chat <guid> - <absolute path>, or participant <handle> <service type or account id> <absolute path>.
-- Prints "sent". Logs "phase: resolved" once file and target are known and before the send verb, so that a failure
-- without that line is certain to have sent nothing. The path becomes an alias: as a bare POSIX file Messages has been
-- seen to send an empty placeholder.
on run argv
	set targetForm to item 1 of argv
	set targetName to item 2 of argv
	set accountName to item 3 of argv
	set attachedFile to (POSIX file (item 4 of argv)) as alias
	if targetForm is "chat" then
		tell application id "com.apple.MobileSMS"
			set chosenTarget to (get chat id targetName)
		end tell
	else if targetForm is "participant" then
		set chosenAccount to my accountFor(accountName)
		tell application id "com.apple.MobileSMS"
			set chosenTarget to participant targetName of chosenAccount
		end tell
	else
		error "unknown form of target" number -1700
	end if
	log "phase: resolved"
	tell application id "com.apple.MobileSMS"
		send attachedFile to chosenTarget
	end tell
	return "sent"
end run

-- iMessage and SMS are words of every version's dictionary. RCS is not, and an unknown word would keep the whole
-- script from compiling: it is compared as text.
on accountFor(accountName)
	tell application id "com.apple.MobileSMS"
		if accountName is "iMessage" then return 1st account whose service type = iMessage
		if accountName is "SMS" then return 1st account whose service type = SMS
		if accountName is "RCS" then
			set everyAccount to accounts
			repeat with candidate in everyAccount
				if enabled of candidate and ((service type of candidate) as text) is "RCS" then return contents of candidate
			end repeat
			error "no RCS account" number -1719
		end if
		return (get account id accountName)
	end tell
end accountFor
