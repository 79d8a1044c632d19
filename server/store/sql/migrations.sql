SELECT number, oldest_release FROM migrations
