-- blueline probe 1
-- Prints "running: true|false" and, only if running, one line for each account:
-- "account: <id>" tab <service type> tab <enabled> tab <connection status>.
-- Never launches Messages: to ask whether an application is running does not, to tell it anything does.
on run
	if not (application id "com.apple.MobileSMS" is running) then return "running: false"
	-- Taken here: inside the tell block these words could be taken for elements of Messages.
	set cellEnd to tab
	set lineEnd to linefeed
	set answer to "running: true"
	tell application id "com.apple.MobileSMS"
		set everyAccount to accounts
		repeat with candidate in everyAccount
			set accountId to id of candidate
			set accountService to (service type of candidate) as text
			set accountEnabled to (enabled of candidate) as text
			set accountConnection to (connection status of candidate) as text
			set answer to answer & lineEnd & "account: " & accountId & cellEnd & accountService & cellEnd & accountEnabled & cellEnd & accountConnection
		end repeat
	end tell
	return answer
end run
